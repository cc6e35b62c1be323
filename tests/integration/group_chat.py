"""Helpers of the tests of groups: groups of people who have clients."""
from chat import PATIENCE, ChatTest
from fastchat_cluster import wait_until


class GroupsBase(ChatTest):
    made = 0

    def group(self, *members, by=None):
        """Makes a group of alice's (or by's) with its own name."""
        GroupsBase.made += 1
        name = f"team{GroupsBase.made}"
        (by or self.alice).run("group", "create", name, *members)
        return name

    def info(self, person, name):
        """Returns the output of `group info`, or None."""
        done = person.run("group", "info", name, "--json", code=None)
        return done.json()[0] if done.code == 0 else None

    def learns(self, person, name, **expected):
        """Waits until this person's device has the group in this state."""
        def seen():
            info = self.info(person, name)
            return info if info and all(info[k] == v for k, v in expected.items()) else None
        return wait_until(seen, PATIENCE, f"{person.name} sees #{name} with {expected}")

    def lines(self, person, name, *events):
        """Returns the texts of these events in the conversation; none before the device knows the group."""
        done = person.run("history", "#" + name, "--json", "--limit", 100000, code=None)
        return [m["text"] for m in done.json() if m["event"] in events]

    def texts(self, person, name):
        return self.lines(person, name, "message", "sent")

    def notices(self, person, name):
        return self.lines(person, name, "notice")

    def gets(self, person, name, *texts):
        """Waits until this person's device has exactly these messages of the group, in this order."""
        def there():
            got = self.texts(person, name)
            if got == [str(t) for t in texts]:
                return True
            person.run("listen", "--timeout", "1")
            return False
        wait_until(there, PATIENCE, f"{person.name} has {texts} in #{name}, not {self.texts(person, name)}")
