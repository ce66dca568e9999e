"""What an account at OneLogin is and holds, as its three APIs read it."""

from __future__ import annotations

from sandbox.onelogin.tokens import Tokens
from sandbox.onelogin.users import users


class State:
    """An account at OneLogin without its addresses.

    Switches, to be set before or during a run:
        users: everybody, by ascending id, as in API /1.
        tokens: the credentials of the JSON APIs, their scope, and the life of their token.
        api_key: the key of the XML API.
        quota: requests in an hour that API /1 answers.
        used_up: the status when they are used up: 400, which was seen, or 429, which is documented.
        stuck: whether the second page comes again and again (of the XML API the first).
        cursor_past_end: whether API /2 has a cursor for what comes after the last page.
        empty_list: what the XML API calls a list without users; "users" has been seen as well.
    """

    def __init__(
        self,
        people: int = 300,
        client_id: str = "5ad0b0c5" * 8,
        client_secret: str = "c0ffee42" * 8,
        api_key: str = "0123abcd" * 5,
    ) -> None:
        self.users = users(people)
        self.tokens = Tokens(client_id, client_secret)
        self.api_key = api_key
        self.quota = 5000
        self.used_up = 400
        self.stuck = False
        self.cursor_past_end = False
        self.empty_list = "nil-classes"
