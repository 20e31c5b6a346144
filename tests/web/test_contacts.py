from tests.web.conftest import Desk


async def test_one_timeline_over_all_conversations_newest_first(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("one", "two", "three")
    found = await desk.conversation()
    seen: list[str] = []
    query: dict[str, object] = {"limit": 2}
    while True:
        _, page = await caller.get(f"contacts/{found.contact_id}/timeline", **query)
        seen += [entry["content"] for entry in page["items"] if entry["kind"] == "incoming"]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert seen == ["three", "two", "one"]
    _, page = await caller.get(f"contacts/{found.contact_id}/conversations")
    assert [item["id"] for item in page["items"]] == [found.id]


async def test_a_contact_is_changed_and_keeps_the_rest(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("hello")
    path = f"contacts/{(await desk.conversation()).contact_id}"
    _, before = await caller.get(path)
    assert before["conversations_count"] == 1
    assert [identity["value"] for identity in before["identities"]] == ["alice"]
    change = {"name": "王芳", "vip": True, "phone": "13800138000", "attributes": {"会员号": "A-1"}, "city": ""}
    status, after = await caller.patch(path, change)
    assert status == 200
    assert (after["name"], after["vip"], after["attributes"], after["city"]) == ("王芳", True, {"会员号": "A-1"}, None)
    assert after["created_at"] == before["created_at"]
    _, found = await caller.get("contacts", q="王")
    assert [item["id"] for item in found["items"]] == [before["id"]]
    for wrong in (
        {"labels": ["none"]},
        {"name": " "},
        {"attributes": {"a.b": "x"}},
        {"attributes": {"$set": "x"}},
        {"id": "x"},
    ):
        assert (await caller.patch(path, wrong))[0] == 422, wrong
    assert (await caller.get("contacts/nobody"))[0] == 404


async def test_contacts_are_paged(desk: Desk) -> None:
    caller = await desk.signed_in()
    for number in range(5):
        await desk.arrives("hi", sender=f"customer{number}", taken_in=False)
    await desk.works()
    _, first = await caller.get("contacts", limit=3)
    _, second = await caller.get("contacts", limit=3, after=first["next"])
    assert len({item["id"] for item in first["items"] + second["items"]}) == 5
    assert second["next"] is None


async def test_one_person_in_two_contacts_is_found_and_merged(desk: Desk) -> None:
    caller = await desk.signed_in()
    await desk.arrives("first", sender="alice")
    await desk.arrives("second", sender="bob")
    ids = {}
    for sender in ("alice", "bob"):
        ids[sender] = (await desk.conversation(sender)).contact_id
        assert (await caller.patch(f"contacts/{ids[sender]}", {"phone": "13800138000"}))[0] == 200
    _, page = await caller.get(f"contacts/{ids['alice']}/lookalikes")
    assert [(item["contact"]["id"], item["likeness"]) for item in page["items"]] == [(ids["bob"], ["phone"])]

    # The platform of these tests counts replies by account.
    status, problem = await caller.post(f"contacts/{ids['alice']}/merge", {"contact_id": ids["bob"]})
    assert (status, problem["code"]) == (409, "two_accounts")
    status, problem = await caller.post(f"contacts/{ids['alice']}/merge", {"contact_id": ids["alice"]})
    assert (status, problem["code"]) == (422, "invalid")
    assert (await caller.post(f"contacts/{ids['alice']}/merge", {"contact_id": "nobody"}))[0] == 404
    assert (await caller.get("contacts/nobody/lookalikes"))[0] == 404
