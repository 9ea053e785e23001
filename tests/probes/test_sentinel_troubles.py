"""When the sentinel believes in a trouble, and whom it tells how often."""

import json

import pytest
from probes.sentinel.troubles import FORGET_AFTER, Troubles

HOUR = 3600.0
BAD = "It is broken."


class Book:
    """A book of troubles whose notices are taken as they fall due."""

    def __init__(self, *channels):
        self.troubles = Troubles()
        self.channels = channels or ("mail",)
        self.now = 1_000_000.0

    def look(self, *problems, key="odoo", patience=3):
        """See one problem (None: all is well) after the other, 20 seconds apart."""
        told = []
        for problem in problems:
            self.now += 20
            self.troubles.observe(key, problem, now=self.now, patience=patience)
            told += self.tell()
        return told

    def tell(self, deaf=()):
        told = []
        for notice in self.troubles.due(self.channels, now=self.now, reminder=HOUR):
            if notice.channel not in deaf:
                self.troubles.mark_told(notice, now=self.now)
                told.append((notice.kind, notice.channel))
        self.troubles.forget_ended(now=self.now)
        return told

    def restart(self):
        self.troubles = Troubles(json.loads(json.dumps(self.troubles.entries())))


PAGE, REMINDER, END = (("trouble", "mail"), ("reminder", "mail"), ("end", "mail"))


def test_one_page_at_the_third_failure_in_a_row():
    book = Book()
    assert book.look(BAD, BAD) == []
    assert book.look(BAD) == [PAGE]
    assert book.look(*[BAD] * 20) == []


def test_a_good_look_between_begins_anew():
    book = Book()
    assert book.look(BAD, BAD, None, BAD, BAD) == []
    assert book.look(BAD) == [PAGE]


def test_none_when_all_is_well():
    assert Book().look(*[None] * 100) == []


def test_patience_is_what_is_asked_for():
    assert Book().look(BAD, patience=1) == [PAGE]
    assert Book().look(*[BAD] * 5, patience=6) == []
    assert Book().look(*[BAD] * 6, patience=6) == [PAGE]


def test_over_at_the_second_good_look():
    book = Book()
    book.look(*[BAD] * 3)
    assert book.look(None) == []
    assert book.look(None) == [END]
    assert book.look(None) == []
    assert book.troubles.entries() == []


def test_flicker_within_a_trouble_is_not_its_end():
    book = Book()
    book.look(*[BAD] * 3)
    assert book.look(None, BAD, None, BAD) == []
    assert book.look(None, None) == [END]


def test_the_next_trouble_is_another_one():
    book = Book()
    first = book.look(*[BAD] * 3, None, None)
    assert first == [PAGE, END]
    assert book.look(*[BAD] * 3, None, None) == first


def test_reminded_every_hour():
    book = Book()
    book.look(*[BAD] * 3)
    book.now += HOUR - 1
    assert book.tell() == []
    book.now += 1
    assert book.tell() == [REMINDER]
    assert book.tell() == []
    book.now += HOUR
    assert book.tell() == [REMINDER]


@pytest.mark.parametrize("looks", range(1, 7))
def test_a_restart_at_any_moment_changes_nothing(looks):
    book = Book()
    looked = [BAD, BAD, BAD, BAD, None, None]
    told = book.look(*looked[:looks])
    book.restart()
    told += book.look(*looked[looks:])
    assert told == [PAGE, END]


def test_each_channel_hears_until_it_has_heard():
    book = Book("mail", "chat")
    book.look(BAD, BAD)
    book.now += 20
    book.troubles.observe("odoo", BAD, now=book.now, patience=3)
    assert book.tell(deaf={"mail"}) == [("trouble", "chat")]
    assert book.tell(deaf={"mail"}) == []
    assert book.tell() == [("trouble", "mail")]


def test_who_was_not_told_of_it_is_not_told_of_its_end():
    book = Book("mail", "chat")
    book.channels = ("chat",)
    book.look(*[BAD] * 3)
    book.channels = ("mail",)
    book.troubles.close(["odoo"], "Enough.", now=book.now)
    assert book.tell() == []
    book.channels = ("mail", "chat")
    assert book.tell() == [("end", "chat")]


def test_the_end_is_tried_for_a_day():
    book = Book()
    book.look(*[BAD] * 3)
    book.troubles.close(["odoo"], "Enough.", now=book.now)
    book.now += FORGET_AFTER - 1
    assert book.tell(deaf={"mail"}) == []
    assert book.troubles.entries()
    book.now += 1
    book.tell(deaf={"mail"})
    assert book.troubles.entries() == []


def test_notices_can_be_told_apart_and_recognised():
    book = Book()

    def identities():
        due = book.troubles.due(["mail"], now=book.now, reminder=HOUR)
        return [notice.identity for notice in due]

    for _time in range(3):
        book.troubles.observe("odoo", BAD, now=book.now, patience=3)
    [page] = identities()
    book.restart()
    assert identities() == [page]
    book.tell()
    book.now += HOUR
    [reminder] = identities()
    book.tell()
    book.now += HOUR
    assert len({page, reminder, *identities()}) == 3


def test_keys_do_not_meet():
    book = Book()
    book.look(*[BAD] * 3, key="odoo")
    assert book.look(BAD, BAD, key="worker") == []
    assert book.troubles.open_keys() == {"odoo"}
    assert book.look(BAD, key="worker") == [PAGE]
    assert book.troubles.open_keys() == {"odoo", "worker"}


def test_texts():
    book = Book()
    book.look(BAD, BAD)
    book.troubles.observe("odoo", "It is worse.", now=book.now, patience=3)
    [notice] = book.troubles.due(["mail"], now=book.now, reminder=HOUR)
    assert notice.text == "It is worse. Since 1970-01-12 13:47 UTC."
    book.tell()
    book.look(None)
    book.troubles.observe("odoo", None, now=book.now, patience=3)
    [notice] = book.troubles.due(["mail"], now=book.now, reminder=HOUR)
    assert notice.text.startswith("All is well again. Trouble since 1970-01-12 13:47 UTC: It is")
