"""Writes the first inputs of the fuzz targets, one real value of each kind: make_corpus.py FOLDER. The corpus in the tree
began as these; inputs that a run found beyond them were minimised into it (run.py --merge). Needs protoc."""
import base64
import importlib
import os
import random
import struct
import subprocess
import sys
import tempfile
import zlib

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def protocol(name, folder):
    """A module of proto/, generated into `folder`."""
    subprocess.run(["protoc", f"--python_out={folder}", "-I", SOURCE, f"proto/{name}.proto"], check=True)
    sys.path.insert(0, folder)
    return importlib.import_module(f"proto.{name}_pb2")


def filled(message, depth=0):
    """Sets every field: bytes as long as most limits ask, small numbers, two elements in repeated fields."""
    sizes = {"stream": 16, "realm": 16, "device": 16, "file_id": 16, "replaces": 16, "nonce": 16, "sig": 384, "wrap": 384,
             "wraps": 384, "signature": 64, "new_spki": 422, "spki": 422, "epoch_spki": 422, "data": 100, "envelope": 9, "body": 337,
             "state": 9, "blob": 9, "vault": 9, "public_key": 9, "identity_blob": 9, "header": 40, "signals": 9,
             "states": 9, "resume": 0, "pkcs8": 9}
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and message.WhichOneof(field.containing_oneof.name):
            continue
        many = field.label == field.LABEL_REPEATED
        if field.message_type:
            if depth > 3:
                continue
            target = getattr(message, field.name)
            for _ in range(2 if many else 1):
                filled(target.add() if many else target, depth + 1)
            if not many:
                target.SetInParent()
            continue
        if field.type == field.TYPE_BYTES:
            value = field.name[:1].encode() * sizes.get(field.name, 32)
        elif field.type == field.TYPE_STRING:
            value = "alice"
        elif field.type == field.TYPE_BOOL:
            value = True
        else:
            value = 1 if field.type == field.TYPE_ENUM else 2
        if many:
            getattr(message, field.name).extend([value, value])
        else:
            setattr(message, field.name, value)
    return message


def bodies(frame_type, **fixed):
    """(name, frame) for each kind of body."""
    for field in frame_type.DESCRIPTOR.oneofs[0].fields:
        frame = frame_type(**fixed)
        body = getattr(frame, field.name)
        body.SetInParent()
        filled(body)
        yield field.name, frame


def small(frame, name):
    """Makes the message valid: an address is a user or a group; a login has a password or a secret."""
    body = getattr(frame, name)
    if name == "traffic" and hasattr(body, "sends"):
        for part in list(body.sends) + list(body.signals):
            part.ClearField("group")
            part.ClearField("epoch")
        body.sends[1].to = ""
        body.sends[1].group, body.sends[1].epoch = b"g" * 32, 3
    if name == "log_in":
        for field in ("secret", "replaces"):
            body.ClearField(field)
    if name == "open_upload":
        body.ClearField("group")
        body.ClearField("epoch")
        body.chunks, body.size = 1, 100
    if name == "put_group":
        del body.members[1:]
    if name == "get_log_proofs":
        del body.users[1:]
    if name in ("log_growth", "log_proofs", "log_leaves"):
        body.head.signature = b"s" * 64
    if name == "log_proofs":
        del body.proofs[1:]
        body.proofs[0].index = 1
    return frame.SerializeToString()


# 8 by 8 pixels in grey, as libjpeg-turbo writes them.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8yb"
    "qmx5moq6T/wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIh"
    "MUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhI"
    "WGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/ADy1"
    "ZBc2Aww5aFf4vdff2/yf/9k=")


def exif(orientation, order):
    """Returns the JPEG with an EXIF block that names its orientation; order is < or >, as struct has it."""
    tiff = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HIHHHIHHI", 42, 8, 1, 0x112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + JPEG[2:]


def png(width, height, kind, depth=8):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    channels = {0: 1, 2: 3, 3: 1, 6: 4}[kind]
    rows = b"".join(b"\0" + bytes((x * 40 + y) % 256 for x in range(width * channels)) for y in range(height))
    palette = chunk(b"PLTE", bytes(range(256)) * 3) if kind == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)) + palette +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def header(content, group):
    h = content.Header(suite=1, realm=b"R" * 16, type=2 if group else 1, from_user="alice", from_fpr=b"f" * 32,
                       to_fpr=b"t" * 32, stream=b"s" * 16, seq=2, prev=b"p" * 32, sent_ms=1750000000000)
    if group:
        h.to_group, h.epoch, h.state_hash = b"g" * 32, 3, b"h" * 32
    else:
        h.to_user = "bobby"
    return h.SerializeToString()


def header_suite2(content):
    h = content.Header.FromString(header(content, False))
    h.suite, h.eph, h.prekey_n, h.prekey_hash = 2, b"\x09" + bytes(31), 7, b"p" * 32
    h.own_prekey_n, h.own_prekey_hash = 3, b"o" * 32
    return h.SerializeToString()


def wire_inputs(client, bus, control):
    for name, frame in bodies(client.ClientFrame, request=7):
        yield "wire_client", name, small(frame, name)
    for name, frame in bodies(client.ServerFrame, request=7):
        yield "wire_server", name, small(frame, name)
    for name, frame in bodies(bus.BusFrame, **{"from": 9}):
        yield "wire_bus", name, b"\0" * 8 + frame.SerializeToString()
    for way, kind in ((b"\0", control.WorkerFrame), (b"\1", control.BrokerFrame)):
        for name, frame in bodies(kind):
            yield "wire_control", name, way + frame.SerializeToString()


def content_inputs(content):
    kinds = ["Text", "File", "GroupKey", "ReadReceipt", "Rekey", "GroupKeyRequest", "GroupLeave", "Edit", "Delete", "Reaction",
             "Poll", "Vote", "CardUse", "Head"]
    for number, name in enumerate(kinds, 1):
        message = filled(getattr(content, name)())
        yield "content", name.lower(), bytes([number]) + message.SerializeToString()
        yield "envelope", "strict_" + name.lower(), b"\x09" + message.SerializeToString()
    text = content.Text(text="a\tb\u202e\u200bc\r\nd e\u0301").SerializeToString()
    yield "content", "text_to_clean", b"\1" + text
    for group in (False, True):
        whole = content.Envelope(header=header(content, group), wraps=[b"w" * 384] * (1 if group else 2), body=b"b" * 337,
                                 sig=b"s" * 384)
        yield "envelope", "group" if group else "direct", b"\0" + whole.SerializeToString()
        yield "envelope", "header_group" if group else "header_direct", bytes([1 if group else 2]) + header(content, group)
    whole = content.Envelope(header=header_suite2(content), wraps=[b"w" * 497] * 2, body=b"b" * 337, sig=b"s" * 384)
    yield "envelope", "suite2", b"\0" + whole.SerializeToString()
    yield "envelope", "header_suite2", b"\3" + header_suite2(content)
    prekey = content.Prekey(user="bobby", fpr=b"f" * 32, n=7, x25519=b"\x09" + bytes(31), from_ms=1750000000000,
                            until_ms=1750604800000, sig=b"s" * 384).SerializeToString()
    yield "envelope", "prekey", b"\4" + prekey
    yield "envelope", "strict_prekey", b"\x09" + prekey
    vault = content.Vault(version=3, rekey_counter=1)
    vault.pins.append(filled(content.Pin()))
    vault.groups.append(content.VaultGroup(state=b"s", signer_fpr=b"f" * 32))
    vault.marks.append(filled(content.ReplayMark()))
    yield "sealed", "vault", b"\0" + vault.SerializeToString()
    head = content.VaultHead(version=3, rekey_counter=1)
    head.parts.add(kind=1, bucket=2, hash=b"h" * 32, key=b"k" * 32)
    yield "sealed", "vault_head", b"\5" + head.SerializeToString()
    yield "sealed", "vault_part", b"\6\1" + content.VaultPart(pins=vault.pins).SerializeToString()
    yield "sealed", "chunk", b"\1" + b"plain" * 9
    yield "sealed", "box", b"\2\1" + b"b" * 100
    yield "sealed", "identity", b"\3" + b"k" * 32 + struct.pack(">I", 5) + b"pkcs8"
    yield "sealed", "rekey", b"\4" + filled(content.Rekey()).SerializeToString()
    state = filled(content.GroupState(suite=1))
    state.suite, state.epoch, state.admin_fpr = 1, 2, b"f" * 32
    state.ClearField("nonce")
    state.ClearField("members")
    for user, fpr in (("alice", b"f" * 32), ("bobby", b"g" * 32)):
        state.members.add(user=user, fpr=fpr)
    yield "group_state", "state", b"\1" + state.SerializeToString()


TEXTS = {
    "plain": "Hello, this is a line of text.", "lines": "one\ntwo\r\nthree\u2028four\tfive",
    "bidi": "abc\u202edef\u2066x\u2069\u200f", "hidden": "a\u200bb\u200dc\ufe0fd\u00ade",
    "wide": "\u4f60\u597d\u4e16\u754c hello \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "marks": "e\u0301a\u0308o\u0302\u0301 \u0301", "case": "\u00c4\u00d6\u00dc \u0391\u0392 \u0410\u0411 \u0130\u0178",
    "escapes": "\x1b[31mred\x1b]0;title\x07\x9b1m", "name": "../../etc/-rf .hidden. name.tar.gz ", "words": "a " * 60,
}


def text_inputs():
    for name, text in TEXTS.items():
        yield "sanitise", name, text.encode()
        yield "text", name, b"\x0a" + text.encode()
    yield "sanitise", "broken", b"\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"
    yield "sanitise", "blank_at_the_cut", b"x" * 190 + b" " * 30 + b"y"
    yield "sanitise", "long", b"x" * 180 + b" .......................... y" + b".tar"
    for name, line in {"msg": "/msg alice hi there", "group": "/group add team bobby", "text": "//x", "unknown": "/nope",
                       "key": "Alt+Ctrl+A", "f12": "F12", "edit": "add bobby\nrename x y\nhandover alice\n"}.items():
        yield "typed", name, line.encode()


def file_inputs():
    key = "A" * 43
    yield "invite", "name", f"fastchat://chat.example.org:7999/?key={key}&realm={'A' * 22}".encode()
    yield "invite", "v6", f" fastchat://[2001:db8::1]:1/?realm={'A' * 22}&key={key}\n".encode()
    yield "invite", "hex", b"00ff7a"
    toml = 'name = "x"\nmode = "invite"\nnumber = 12\nflag = false\nlist = ["a", "b"]\n'
    yield "config", "file", b"\0\0\0" + toml.encode()
    yield "config", "flag", b"\2\0033\0" + b"number = 1\n"
    yield "config", "environment", b"\0\0\2" + b"hi" + b"[table]\nx = 1979-05-27T07:32:00Z\n"
    yield "settings", "all", (b'theme = "dark"\nmouse = false\nbell = true\nnotifications = "osc9"\nhook = ["a", "b"]\n'
                              b'keys = ["next = Ctrl+N"]\npictures = "sixel"\n')
    yield "settings", "wrong", b'theme = "\\u001b[31m"\n'
    yield "config", "control_character", b"\0\0\0" + b'"\\u001b[31m" = 1\n'
    yield "config", "control_value", b"\0\0\0" + b'mode = "\\u001b[31m\\n"\n'
    yield "config", "control_environment", b"\1\0\x03\x1b[m"
    yield "http", "get", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "http", "head", b"HEAD /healthz?x=1 HTTP/1.0\r\n\r\n"
    yield "http", "post", b"POST / HTTP/1.1\r\n\r\n"
    yield "files", "dirs", b"\5a.txt" + b'# comment\nXDG_DOWNLOAD_DIR="$HOME/Downloads"\n'
    yield "files", "png", b"\5b.png" + b"\x89PNG\r\n\x1a\n"
    yield "files", "docx", b"\6c.docx" + b"PK\x03\x04"


def picture_inputs():
    for kind in (0, 2, 3, 6):
        yield "picture", f"png_{kind}", png(3, 2, kind)
    yield "picture", "jpeg_grey", JPEG
    for orientation, order in ((6, "<"), (3, ">"), (9, ">")):
        yield "picture", f"jpeg_exif_{orientation}", exif(orientation, order)
    yield "picture", "png_large", png(1, 1, 2).replace(struct.pack(">II", 1, 1), struct.pack(">II", 99999, 99999))
    yield "picture_answer", "cells", b"\1" + b"2 1\n41:-1:255 2588:3:4 \n"
    yield "picture_answer", "leading_zero", b"\1" + b"2 1\n041:-1:255 2588:3:4 \n"
    yield "picture_answer", "capital_digits", b"\1" + b"2 1\n41:-1:255 25AA:3:4 \n"
    yield "picture_answer", "minus_zero", b"\1" + b"2 1\n41:-0:255 25aa:3:4 \n"
    yield "picture_answer", "kitty", b"\0\1\1\3\3" + b"2 2 4 4 3\nAAAA"
    yield "picture_answer", "sixel", b"\1\0"[::-1] + b"\1\0\0\1\1" + b"1 1 1 6 1\nRGB" + b"\0" * 6
    for name, reply in {"attributes": "[?62;4;22c", "cell": "[6;20;10t", "colours": "[?1;0;256S", "geometry": "[?2;0;800;600S",
                        "kitty": "_Gi=31;OK\x1b\\", "long": "[?" + "1;" * 200 + "c", "cut": "[?62;\x1b[?4c"}.items():
        yield "graphics_reply", name, reply.encode()


def walks():
    """For targets that read a sequence of events: a few arbitrary ones to begin with."""
    paste, alt_left, home, end, left, backspace = b"\x11\0", b"\x0b\1", b"\x0d\0", b"\x0e\0", b"\x0b\0", b"\6\0"
    for name, keys in {
            "word_begins_with_a_mark": paste + b"\x05a \xcc\x81b" + alt_left,
            "line_begins_with_a_mark": paste + b"\x05a\n\xcc\x81b" + home,
            "typed_before_a_mark": paste + b"\3\xcc\x81b" + home + left + b"\0\0\0\0",
            "line_break_before_a_mark_erased": paste + b"\x05a\n\xcc\x81b" + left + left + backspace + end}.items():
        yield "line_editor", name, b"\x0a" + keys
    for target in ("group_book", "store_rows", "line_editor", "client_engine", "broker_engine", "worker_engine"):
        for seed in range(3):
            yield target, f"walk_{seed}", random.Random(f"{target} {seed}").randbytes(200)


def main():
    with tempfile.TemporaryDirectory() as folder:
        client, bus, control, content = (protocol(name, folder) for name in ("client", "bus", "control", "content"))
        inputs = [*wire_inputs(client, bus, control), *content_inputs(content), *text_inputs(), *file_inputs(),
                  *picture_inputs(), *walks()]
    for target, name, data in inputs:
        path = os.path.join(sys.argv[1], target)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, name), "wb") as file:
            file.write(data)
    print(f"{len(inputs)} inputs")


if __name__ == "__main__":
    main()
