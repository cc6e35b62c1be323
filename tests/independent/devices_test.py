"""Devices that were removed, lost their secret to another password, or are too many: every link of proto/PROTOCOL.md
refuses them, and the other devices are told. Version 1 beside version 2."""
import os
import threading
import unittest

import suite1
from fastchat_cluster import wait_until
from hostile import HostileTest, Thin, client
from link import Broker, LinkDown, ServerError, Session, new_device

STREAM = b"s" * 16
OWN_ADDRESS = "127.0.0.1"  # the kernel's source address for connections to any loopback address


def verifier_of(auth):
    return suite1.h(suite1.label("verifier") + auth)


def hash_of(secret):
    return suite1.h(suite1.label("device") + secret)


class Device:
    """A device of version 2 with its data: id, secret, the password's auth, its session and its keys."""

    def __init__(self, account):
        self.account, self.device, self.secret = account, new_device(), os.urandom(32)
        self.session = None

    def broker(self):
        return Broker(self.account.invite, version=2)

    def by_password(self, auth=None, keep=False, **more):
        """Returns (LoggedIn, Assignment, Broker); closes the link unless `keep`."""
        broker = self.broker()
        try:
            answer = broker.log_in(self.account.user, auth or self.account.auth, self.device,
                                   secret_hash=hash_of(self.secret), **more)
        except BaseException:
            broker.close()
            raise
        if not keep:
            broker.close()
        return (*answer, broker)

    def by_secret(self, secret=None):
        broker = self.broker()
        try:
            return (*broker.log_in_by_secret(self.account.user, secret or self.secret, self.device), broker)
        finally:
            broker.close()

    def attach(self, answer):
        _, assignment, broker = answer
        self.session = Session(assignment, self.device, broker.keys, version=2)
        self.session.until_drained()
        return self


class DevicesTest(HostileTest):
    def refused(self, code, what, *args, **kwargs):
        with self.assertRaises(ServerError) as caught:
            what(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def device(self, account):
        device = Device(account)
        device.attach(device.by_password())
        self.keep(device.session)
        return device

    def ends(self, session):
        """Checks that the session ends without an error frame."""
        def over():
            try:
                session.pump(1)
            except LinkDown:
                return True
            except TimeoutError:
                pass
            return False
        wait_until(over, 30, "the session ends")

    def remove(self, by, device):
        by.session.call(remove_device=client.RemoveDevice(device=device.device))


class Removed(DevicesTest):
    def test_26_a_removed_device_with_everything_it_had_is_refused_on_every_link(self):
        account = self.account("alice")
        phone, lost = self.device(account), Device(account)
        open_link = self.keep(lost.by_password(keep=True)[2])  # to a broker, let in with the password
        used = lost.by_secret()
        session = self.keep(lost.attach(used).session)
        self.remove(phone, lost)
        self.ends(session)
        self.assertFalse(self.worker_link(used[1], used[2].keys).handshake())
        # Logins by its secret and by the password that it had, on a new link and on one that it had open.
        self.refused("DEVICE_ENDED", lost.by_secret)
        self.refused("DEVICE_ENDED", lost.by_secret, os.urandom(32))
        self.refused("DEVICE_ENDED", lost.by_password)
        self.refused("DEVICE_ENDED", lost.by_password, replaces=phone.device)
        self.refused("BAD_CREDENTIALS", lost.by_password, os.urandom(32))
        self.refused("DEVICE_ENDED", open_link.change_password, account.auth, verifier_of(os.urandom(32)), b"blob", b"vault", 2)
        old = Broker(self.invite)
        self.keep(old.link)
        self.refused("BAD_CREDENTIALS", old.log_in, "alice", account.auth, lost.device)
        # No login had an effect: the list has only the phone, and messages reach only the phone.
        devices = phone.session.call(get_devices=client.GetDevices()).devices
        self.assertEqual([d.device for d in devices], [phone.device])
        author = self.keep(self.account("bob").session())
        author.send((1, "alice", STREAM, 1, b"after the removal"))
        self.assertEqual(phone.session.next_delivery().envelope, b"after the removal")

    def test_a_grant_that_waits_ends_with_its_device(self):
        account = self.account("grantee")
        phone, lost = self.device(account), self.device(account)
        _, assignment, broker = lost.by_secret()
        self.remove(phone, lost)
        wait_until(lambda: not self.worker_link(assignment, broker.keys).handshake(), 30, "the grant is gone")

    def test_a_log_in_under_way_never_ends_in_a_session_that_stays(self):
        account = self.account("racer")
        phone = self.device(account)
        for _ in range(8):
            lost = Device(account)
            lost.by_password()
            outcome = []

            def race(lost=lost, outcome=outcome):
                try:
                    _, assignment, broker = lost.by_secret()
                    outcome.append(Session(assignment, lost.device, broker.keys, version=2))
                except (ServerError, LinkDown) as error:
                    outcome.append(error)

            thread = threading.Thread(target=race)
            thread.start()
            self.remove(phone, lost)
            thread.join()
            if isinstance(outcome[0], Session):
                self.ends(outcome[0])
                outcome[0].close()
            self.refused("DEVICE_ENDED", lost.by_secret)

    def test_removing_again_is_answered_alike_and_an_unknown_one_is_not(self):
        account = self.account("repeater")
        phone, lost = self.device(account), self.device(account)
        self.remove(phone, lost)
        self.remove(phone, lost)
        self.refused("UNKNOWN_DEVICE", self.remove, phone, Device(account))

    def test_the_same_id_of_another_user_is_another_device(self):
        lost_of, other = self.account("first"), self.account("second")
        phone, lost = self.device(lost_of), self.device(lost_of)
        self.remove(phone, lost)
        twin = Device(other)
        twin.device = lost.device
        twin.attach(twin.by_password())
        self.keep(twin.session)
        twin.session.call(ping=client.Ping())

    def test_the_others_hear_of_devices_that_come_and_go(self):
        account = self.account("watcher")
        phone = self.device(account)
        old = self.keep(account.session(new_device()))  # version 1 gets no such notice, and would refuse one
        phone.session.until(lambda: phone.session.devices_changed >= 1, "the old one is told")
        before = phone.session.devices_changed
        tablet = self.device(account)
        phone.session.until(lambda: phone.session.devices_changed > before, "a new device is told")
        before = phone.session.devices_changed
        self.remove(phone, tablet)
        phone.session.until(lambda: phone.session.devices_changed > before, "a removal is told")
        listed = phone.session.call(get_devices=client.GetDevices()).devices
        self.assertEqual({d.address for d in listed}, {OWN_ADDRESS})
        self.assertEqual({d.address for d in old.call(get_devices=client.GetDevices()).devices}, {""})


class Names(DevicesTest):
    def test_a_name_that_a_person_gave_stays_and_the_other_devices_are_told(self):
        account = self.account("namer")
        phone, laptop = self.device(account), Device(account)
        answer = laptop.by_password()
        laptop.session = self.keep(Session(answer[1], laptop.device, answer[2].keys, version=3))
        laptop.session.until_drained()

        def names():
            return {d.device: d.name for d in laptop.session.call(get_devices=client.GetDevices()).devices}

        told = phone.session.devices_changed
        laptop.session.call(rename_device=client.RenameDevice(device=phone.device, name="the küche"))
        self.assertEqual(names()[phone.device], "the küche")
        phone.session.until(lambda: phone.session.devices_changed > told, "the other device is told")
        self.refused("NOT_ALLOWED", phone.session.call,
                     rename_device=client.RenameDevice(device=phone.device, name="version 2"))
        phone.by_secret()
        phone.by_password()
        self.assertEqual(names()[phone.device], "the küche")
        for device in (os.urandom(16), self.device(self.account("someone")).device):
            self.refused("UNKNOWN_DEVICE", laptop.session.call,
                         rename_device=client.RenameDevice(device=device, name="x"))
        self.assertEqual(names()[phone.device], "the küche")


class Deleted(DevicesTest):
    def let_in(self, device, version=3):
        broker = Broker(self.invite, version=version)
        self.keep(broker.link)
        broker.log_in(device.account.user, device.account.auth, device.device, secret_hash=hash_of(device.secret))
        return broker

    def test_a_deleted_account_leaves_a_name_that_nobody_gets(self):
        account = self.account("leaver")
        phone, laptop, other = self.device(account), self.device(account), self.account("stayer")
        author = self.keep(other.session())
        self.refused("NOT_ALLOWED", self.let_in(phone, version=2).delete_account, account.auth)
        broker = self.let_in(phone)
        for wrong in (os.urandom(32), other.auth):
            self.refused("BAD_CREDENTIALS", broker.delete_account, wrong)
        author.send((1, "leaver", STREAM, 1, b"before the end"))
        author.receipt(1)
        twin = self.let_in(Device(account))
        broker.delete_account(account.auth)
        twin.delete_account(account.auth)  # the same answer again
        self.ends(laptop.session)
        self.refused("BAD_CREDENTIALS", laptop.by_secret)
        self.refused("BAD_CREDENTIALS", laptop.by_password)
        self.refused("NAME_TAKEN", Thin(self.invite, "leaver").sign_up)
        author.send((2, "leaver", STREAM, 2, b"after the end"))
        self.assertEqual(author.receipt(2), "UNKNOWN_USER")
        self.assertEqual(list(author.call(get_users=client.GetUsers(names=["leaver"])).users), [])
        self.refused("UNKNOWN_USER", author.call, put_group=client.PutGroup(
            group_id=os.urandom(32), epoch=1, name="of-two", admin="stayer", members=["leaver", "stayer"], state=b"s"))

    def test_an_admin_is_told_which_groups_to_hand_over(self):
        account, member = self.account("admin-of"), self.account("member-of")
        device = self.device(account)
        group = {"group_id": os.urandom(32), "name": "theirs", "members": ["admin-of", "member-of"], "state": b"s"}
        device.session.call(put_group=client.PutGroup(epoch=1, admin="admin-of", **group))
        broker = self.let_in(device)
        error = self.refused("OWNS_GROUPS", broker.delete_account, account.auth)
        self.assertEqual(error.groups, ["theirs"])
        again = self.device(account).session
        again.call(put_group=client.PutGroup(epoch=2, admin="member-of", **{**group, "state": b"t"}))
        broker.delete_account(account.auth)
        seen = self.keep(member.session()).call(list_groups=client.ListGroups()).groups
        self.assertEqual([g.name for g in seen], ["theirs"])


class Secrets(DevicesTest):
    def test_a_secret_brings_the_vault_and_no_blob(self):
        account = Thin(self.invite, "keeper").sign_up(blob=b"the blob", vault=b"the vault")
        device = Device(account)
        self.assertEqual(device.by_password()[0].identity_blob, b"the blob")
        logged_in = device.by_secret()[0]
        self.assertEqual((logged_in.identity_blob, logged_in.vault, logged_in.vault_version), (b"", b"the vault", 1))

    def test_what_is_no_secret_gets_one_answer(self):
        account = self.account("guesser")
        device = self.device(account)
        stranger, nobody = Device(account), Device(Thin(self.invite, "never-was"))
        for one, secret in ((device, os.urandom(32)), (device, hash_of(device.secret)), (device, account.auth),
                            (stranger, None), (nobody, None)):
            self.refused("BAD_CREDENTIALS", one.by_secret, secret)
        device.by_secret()

    def test_guesses_of_the_password_keep_no_device_with_its_secret_out(self):
        account = self.account("target")
        device = self.device(account)
        for _ in range(7):
            broker = self.keep(Broker(self.invite).link)
            broker.send(client.ClientFrame(request=9, log_in=client.LogIn(user="target", auth=os.urandom(32), device=new_device())))
            code = broker.receive().error.code
        self.assertEqual(code, client.THROTTLED)
        device.by_secret()
        device.by_password()

    def test_a_device_without_a_secret_needs_the_password_and_version_1_goes_on(self):
        account = self.account("oldtimer")
        account.session().close()
        device = Device(account)
        device.device = account.device
        self.refused("PASSWORD_NEEDED", device.by_secret)
        account.session().close()
        device.by_password()
        device.by_secret()
        account.session().close()  # an older client has replaced this one: its password still logs in

    def test_a_log_in_has_one_proof(self):
        both = client.LogIn(user="ann", auth=b"a" * 32, secret=b"s" * 32, device=b"d" * 16)
        none = client.LogIn(user="ann", device=b"d" * 16)
        hashed = client.LogIn(user="ann", secret=b"s" * 32, secret_hash=b"h" * 32, device=b"d" * 16)
        short = client.LogIn(user="ann", secret=b"s" * 31, device=b"d" * 16)
        for body in (both, none, hashed, short):
            link = self.broker_link()
            link.call(hello=client.Hello(version_min=2, version_max=2))
            self.expect_refused(link, client.ClientFrame(request=4, log_in=body))
        link = self.ready()  # version 1
        link.send(client.ClientFrame(request=4, log_in=client.LogIn(user="ann", secret=b"s" * 32, device=b"d" * 16)))
        self.expect_error(link, 4, "NOT_ALLOWED")
        self.expect_alive(link)


class AnotherPassword(DevicesTest):
    def change(self, device, old, new, version=2):
        broker = device.by_password(old, keep=True)[2]
        try:
            return broker.change_password(old, verifier_of(new), b"blob under " + new, b"vault of " + new, version)
        finally:
            broker.close()

    def test_it_ends_the_others_and_leaves_the_one_that_asked(self):
        account = self.account("changer")
        mine, other, old = self.device(account), self.device(account), new_device()
        version_1 = self.keep(account.session(old))
        new = os.urandom(32)
        self.assertEqual(self.change(mine, account.auth, new), 2)
        self.ends(other.session)
        self.ends(version_1)
        self.refused("PASSWORD_NEEDED", other.by_secret)
        self.refused("BAD_CREDENTIALS", other.by_password)
        broker = Broker(self.invite)
        self.keep(broker.link)
        self.refused("BAD_CREDENTIALS", broker.log_in, "changer", account.auth, old)
        mine.attach(mine.by_secret())
        self.keep(mine.session)
        self.assertEqual(other.by_password(new)[0].identity_blob, b"blob under " + new)
        other.attach(other.by_secret())
        self.keep(other.session)
        self.assertEqual(other.session.call(get_vault=client.GetVault()).blob, b"vault of " + new)

    def test_of_two_at_once_one_wins_and_both_hear_it(self):
        account = self.account("twins")
        one, two = Device(account), Device(account)
        links = [d.by_password(keep=True)[2] for d in (one, two)]
        passwords = [os.urandom(32), os.urandom(32)]
        outcomes = [None, None]

        def run(i):
            try:
                outcomes[i] = links[i].change_password(account.auth, verifier_of(passwords[i]), b"blob %d" % i, b"vault", 2)
            except ServerError as error:
                outcomes[i] = error.code

        threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for link in links:
            link.close()
        self.assertEqual(sorted(map(str, outcomes)), ["1", "BAD_CREDENTIALS"])
        winner = outcomes.index(1)
        self.assertEqual((one, two)[winner].by_password(passwords[winner])[0].identity_blob, b"blob %d" % winner)
        self.refused("BAD_CREDENTIALS", (one, two)[1 - winner].by_password, passwords[1 - winner])

    def test_again_after_a_lost_answer_is_the_same_answer(self):
        account = self.account("again")
        mine = Device(account)
        self.device(account)
        broker = self.keep(mine.by_password(keep=True)[2].link)
        new = os.urandom(32)
        body = client.ChangePassword(auth=account.auth, verifier=verifier_of(new), identity_blob=b"b", vault=b"v", vault_version=2)
        self.assertEqual(broker.call(change_password=body).devices, 1)
        self.assertEqual(broker.call(change_password=body).devices, 1)
        fresh = mine.by_password(new, keep=True)[2]
        self.keep(fresh.link)
        self.assertEqual(fresh.link.call(change_password=body).devices, 1)

    def test_it_needs_the_password_the_vault_as_it_was_and_a_link_that_showed_the_password(self):
        account = self.account("careful")
        device = self.device(account)
        body = {"verifier": verifier_of(b"n" * 32), "blob": b"b", "vault": b"v"}
        broker = device.by_password(keep=True)[2]
        self.keep(broker.link)
        self.refused("BAD_CREDENTIALS", broker.change_password, os.urandom(32), *body.values(), 2)
        self.refused("CONFLICT", broker.change_password, account.auth, *body.values(), 3)
        by_secret = Broker(self.invite, version=2)
        self.keep(by_secret.link)
        self.refused("NOT_ALLOWED", by_secret.change_password, account.auth, *body.values(), 2)
        by_secret.log_in_by_secret("careful", device.secret, device.device)
        self.refused("NOT_ALLOWED", by_secret.change_password, account.auth, *body.values(), 2)
        version_1 = Broker(self.invite)
        self.keep(version_1.link)
        version_1.log_in("careful", account.auth, device.device)
        self.refused("NOT_ALLOWED", version_1.change_password, account.auth, *body.values(), 2)
        self.assertEqual(broker.change_password(account.auth, *body.values(), 2), 0)


class TooMany(DevicesTest):
    CLUSTER = {"broker_args": ("--devices-per-user", "3", "--new-devices-per-hour", "6")}

    def test_one_goes_for_one_that_comes(self):
        account = self.account("collector")
        devices = [self.device(account) for _ in range(3)]
        fourth = Device(account)
        self.refused("BAD_CREDENTIALS", fourth.by_password, os.urandom(32))
        error = self.refused("TOO_MANY_DEVICES", fourth.by_password)
        self.assertEqual([(d.device, d.name, d.address) for d in error.devices],
                         [(d.device, "terminal", OWN_ADDRESS) for d in devices])
        self.refused("TOO_MANY_DEVICES", fourth.by_password, replaces=new_device())
        old = Broker(self.invite)
        self.keep(old.link)
        self.assertEqual(self.refused("NOT_ALLOWED", old.log_in, "collector", account.auth, new_device()).devices, [])
        fourth.attach(fourth.by_password(replaces=devices[1].device))
        self.keep(fourth.session)
        self.ends(devices[1].session)
        self.refused("DEVICE_ENDED", devices[1].by_secret)
        self.assertEqual({d.device for d in fourth.session.call(get_devices=client.GetDevices()).devices},
                         {devices[0].device, devices[2].device, fourth.device})

    def test_new_ones_an_hour_are_few_removed_ones_counted(self):
        account = self.account("churner")
        phone = self.device(account)
        for _ in range(5):
            self.remove(phone, self.device(account))
        error = self.refused("THROTTLED", Device(account).by_password)
        self.assertGreater(error.retry_after_ms, 3_000_000)
        phone.by_secret()


if __name__ == "__main__":
    unittest.main()
