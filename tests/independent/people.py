"""A person with a suite 1 account and one terminal, on link.py. A small chat program could be built from these."""
import time

import envelope
import suite1
import wire
from link import Broker, Session, new_device


class Account:
    """An account: a name, a password, and after sign-up or login the keys (realm, user, fpr, privates, spki)."""

    def __init__(self, invite, user, password):
        self.invite, self.user, self.password = invite, user, password
        self.realm = invite.realm
        self.keys = suite1.PasswordKeys(password, invite.realm, user)

    def take_keys(self, vault_key, privates):
        self.vault_key, self.privates = vault_key, privates
        self.spki = suite1.spki_of(privates[0].public_key())
        self.fpr = suite1.fingerprint(self.realm, self.user, self.spki)

    def sign_up(self):
        self.take_keys(suite1.os.urandom(32), [suite1.generate_key()])
        blob = suite1.make_blob(self.keys.wrap, self.realm, self.user, self.vault_key, self.privates)
        vault = suite1.seal_vault(self.vault_key, self.user, wire.content.Vault(version=1))
        broker = Broker(self.invite)
        broker.sign_up(self.user, self.spki, blob, vault, self.keys.verifier)
        broker.close()
        return self

    def take_in(self, logged_in, broker=None):
        """Opens blob and vault of a login; a fresh terminal has nothing else. broker: where parts are asked for;
        None: a client of before version 5, which knows no head."""
        vault_key, privates, _ = suite1.open_blob(self.keys.wrap, self.realm, self.user, logged_in.identity_blob)
        self.take_keys(vault_key, privates)
        version, box = logged_in.vault_version, logged_in.vault
        self.head = None
        try:
            self.vault = suite1.open_vault(vault_key, self.user, version, box)
        except suite1.Refused:
            if broker is None:
                raise
            self.head = suite1.open_head(vault_key, self.user, version, box)
            self.vault = wire.content.Vault(version=version, rekey_counter=self.head.rekey_counter)
            parts = broker.vault_parts([entry.hash for entry in self.head.parts])
            for entry in self.head.parts:
                part = suite1.open_part(self.user, entry, parts[entry.hash])
                self.vault.pins.extend(part.pins)
                self.vault.groups.extend(part.groups)
                self.vault.marks.extend(part.marks)


class Terminal:
    """One device of an account. Its messages and marks live as long as the object; a session as long as it is open."""

    def __init__(self, account, version=1):
        self.account, self.version = account, version
        self.device, self.secret = new_device(), suite1.os.urandom(32)
        self.ref = 0
        self.streams = {}
        self.session = None
        self.reader = None

    def log_in(self):
        """Logs in with the password. Returns the broker, whose link stays open, and the assignment."""
        broker = Broker(self.account.invite, version=self.version)
        secret = {"secret_hash": suite1.h(suite1.label("device") + self.secret)} if self.version > 1 else {}
        try:
            logged_in, assignment = broker.log_in(self.account.user, self.account.keys.auth, self.device, **secret)
        except BaseException:
            broker.close()
            raise
        self.account.take_in(logged_in, broker if self.version >= 5 else None)
        return broker, assignment

    def connect(self):
        broker, assignment = self.log_in()
        broker.close()
        if self.reader is None:
            self.reader = envelope.Reader(self.account, {p.user: p.spki for p in self.account.vault.pins}, self.look_up)
        self.session = Session(assignment, self.device, broker.keys, version=self.version)
        self.session.until_drained()
        return self

    def disconnect(self):
        self.session.bye()
        self.session = None

    def look_up(self, user):
        users = self.session.call(get_users=wire.client.GetUsers(names=[user])).users
        return users[0].public_key if users and users[0].name == user else None

    def spki_of(self, user):
        if user not in self.reader.pins:
            spki = self.look_up(user)
            suite1.load_spki(spki)
            self.reader.pins[user] = spki
        return self.reader.pins[user]

    def rekey(self):
        """Gives the account a new key, signed by the old one (docs/e2e.md, section 9; version 3). Ends the session."""
        account = self.account
        broker, _ = self.log_in()
        old, new, vault = account.privates[0], suite1.generate_key(), wire.content.Vault.FromString(
            account.vault.SerializeToString())
        spki = suite1.spki_of(new.public_key())
        vault.version += 1
        vault.rekey_counter += 1
        rekey = wire.content.Rekey(user=account.user, old_fpr=account.fpr, counter=vault.rekey_counter, new_spki=spki,
                                   new_fpr=suite1.fingerprint(account.realm, account.user, spki))
        rekey.sig = suite1.sign(old, "rekey", suite1.rekey_message(rekey))
        rekey.new_sig = suite1.sign(new, "rekeyed", suite1.rekey_message(rekey))
        vault_key, privates = suite1.os.urandom(32), [new, *account.privates]
        blob = suite1.make_blob(account.keys.wrap, account.realm, account.user, vault_key, privates)
        broker.change_key(account.keys.auth, account.keys.verifier, blob, suite1.seal_vault(vault_key, account.user, vault),
                          vault.version, spki, [rekey.SerializeToString()], vault.rekey_counter)
        broker.close()
        self.session, self.streams = None, {}
        account.take_keys(vault_key, privates)

    def follow(self, user):
        """Moves the pin of a user along the line that the server shows. Returns whether the pin moved."""
        shown = self.session.call(get_rekeys=wire.client.GetRekeys(user=user))
        rekeys = [wire.parse_strict(wire.content.Rekey, data, 2048) for data in shown.rekeys]
        line = suite1.line(self.account.realm, user, shown.first_public_key, rekeys)
        moves = line is not None and self.reader.pins[user] in line[:-1]
        if moves:
            self.reader.pins[user], self.reader.former[user] = line[-1], line[:-1]
            self.streams.pop(user, None)
        return moves

    def seal(self, to, kind, content):
        """Seals the next message to that person; returns (stream, seq, envelope)."""
        spki = self.spki_of(to)
        stream, seq, prev = self.streams.get(to, (suite1.os.urandom(16), 0, suite1.ZERO_HASH))
        header = envelope.direct_header(self.account, to, spki, stream, seq + 1, prev, int(time.time() * 1000))
        own = self.account.privates[0]
        data = envelope.seal_envelope(header, kind, content, own, [suite1.load_spki(spki), own.public_key()])
        self.streams[to] = stream, seq + 1, suite1.h(data)
        self.reader.note(header, suite1.h(data))
        return stream, seq + 1, data

    def send(self, to, kind, content):
        """Sends a message; returns its ref and its envelope's bytes."""
        stream, seq, data = self.seal(to, kind, content)
        self.ref += 1
        self.session.send((self.ref, to, stream, seq, data))
        return self.ref, data

    def send_text(self, to, text):
        return self.send(to, 1, wire.content.Text(text=text))

    def receive(self):
        """Returns the next message that is not a duplicate: opened, then acknowledged."""
        while True:
            delivery = self.session.next_delivery()
            try:
                opened = self.reader.receive(delivery.envelope)
            except envelope.Duplicate:
                opened = None
            self.session.send(ack_upto=delivery.tag)
            if opened is not None:
                return opened

    def read_receipt(self, *opened):
        """Returns the ReadReceipt of messages of one author."""
        receipt = wire.content.ReadReceipt(reader_fpr=self.account.fpr, read_ms=int(time.time() * 1000))
        for one in opened:
            receipt.entries.add(from_fpr=one.header.from_fpr, stream=one.header.stream, seq=one.header.seq, hash=one.hash)
        receipt.sig = suite1.sign(self.account.privates[0], "receipt", envelope.receipt_message(receipt))
        return receipt
