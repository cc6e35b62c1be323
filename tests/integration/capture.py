"""Captures the traffic of one address on the loopback interface, raw; the kernel allows it only to root.

    with Capture("127.66.3.4") as capture:
        ...
    capture.streams()         # {(source port, destination port): bytes of TCP payload, in the order of their arrival}

Leaving the block waits until the capture has caught up. RuntimeError when the kernel dropped a packet, because an
incomplete capture proves nothing. Standard library only."""
import os
import select
import socket
import struct
import threading

ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS, SO_RCVBUFFORCE = 3, 263, 6, 33
BUFFER = 256 << 20
OUTGOING = 4  # lo shows every packet twice: when it leaves and when it arrives


def possible():
    return os.geteuid() == 0


class Capture:
    def __init__(self, address):
        self.address = socket.inet_aton(address)
        self.parts = {}
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self.socket.bind(("lo", 0))
        self.stop_read, self.stop_write = os.pipe()
        self.thread = threading.Thread(target=self._read)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        os.write(self.stop_write, b"x")
        self.thread.join()
        _, dropped = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self.socket.close()
        os.close(self.stop_read)
        os.close(self.stop_write)
        if dropped:
            raise RuntimeError(f"the kernel dropped {dropped} packets of the capture")

    def _read(self):
        self.socket.setblocking(False)
        stopping = False
        while True:
            try:
                frame, (_, _, kind, *_) = self.socket.recvfrom(1 << 17)
            except BlockingIOError:
                if stopping:
                    return
                ready, _, _ = select.select([self.socket, self.stop_read], [], [])
                stopping = self.stop_read in ready
                continue
            if kind != OUTGOING:
                self._take(frame[14:])

    def _take(self, packet):
        """Takes in one IPv4 packet, without its Ethernet header."""
        if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
            return
        if self.address not in (packet[12:16], packet[16:20]):
            return
        segment = packet[(packet[0] & 15) * 4:struct.unpack(">H", packet[2:4])[0] or None]
        ports = struct.unpack(">HH", segment[:4])
        payload = segment[(segment[12] >> 4) * 4:]
        if payload:
            self.parts.setdefault(ports, []).append(payload)

    def streams(self):
        return {ports: b"".join(parts) for ports, parts in self.parts.items()}
