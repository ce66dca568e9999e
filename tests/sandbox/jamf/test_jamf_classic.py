"""The Classic API of the mock Jamf Pro: listings, records, subsets, groups, both formats."""

from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest

from sandbox.jamf import JamfPro, computers
from sandbox.people import people

COMPUTER_SECTIONS = [
    "general", "location", "purchasing", "peripherals", "hardware", "certificates", "security",
    "software", "extension_attributes", "groups_accounts", "iphones", "configuration_profiles",
]  # fmt: skip
MOBILE_DEVICE_SECTIONS = [
    "general", "location", "purchasing", "applications", "security", "network", "certificates",
    "configuration_profiles", "provisioning_profiles", "mobile_device_groups",
    "extension_attributes",
]  # fmt: skip


def computer(client, number):
    return client.get(f"/JSSResource/computers/id/{number}").json()["computer"]


def test_the_listings(client):
    listed = client.get("/JSSResource/computers").json()["computers"]
    assert [each["id"] for each in listed] == list(range(1, 41))
    assert {frozenset(each) for each in listed} == {frozenset({"id", "name"})}

    basic = client.get("/JSSResource/computers/subset/basic").json()["computers"]
    assert [(each["id"], each["name"]) for each in basic] == [
        (each["id"], each["name"]) for each in listed
    ]
    assert set(basic[0]) == {
        "id", "name", "managed", "username", "model", "department", "building", "mac_address",
        "udid", "serial_number", "report_date_utc", "report_date_epoch",
    }  # fmt: skip

    mobile_devices = client.get("/JSSResource/mobiledevices").json()["mobile_devices"]
    assert [each["id"] for each in mobile_devices] == list(range(1, 13))
    assert set(mobile_devices[0]) == {
        "id", "name", "device_name", "udid", "serial_number", "phone_number", "wifi_mac_address",
        "managed", "supervised", "model", "model_identifier", "modelDisplay", "model_display",
        "username",
    }  # fmt: skip


def test_empty_listings(client, jamf):
    jamf.computers.ids.clear()
    jamf.mobile_devices.ids.clear()
    assert client.get("/JSSResource/computers").json() == {"computers": []}
    assert client.get("/JSSResource/mobiledevices").json() == {"mobile_devices": []}


def test_json_is_utf_8_that_calls_itself_plain_text(client):
    answer = client.get("/JSSResource/computers/id/4")
    assert answer.headers["Content-Type"] == "text/plain;charset=UTF-8"
    assert "Dmitri\N{RIGHT SINGLE QUOTATION MARK}s Mac".encode() in answer.content
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers["Set-Cookie"].startswith("APBALANCEID=node1;")


@pytest.mark.parametrize("accept", [None, "*/*", "application/xml", "text/html"])
def test_xml_for_who_does_not_ask_for_json(client, accept):
    answer = client.get("/JSSResource/computers/id/10", headers={"Accept": accept})
    assert answer.headers["Content-Type"] == "text/xml;charset=UTF-8"
    document = ElementTree.fromstring(answer.content)
    in_json = computer(client, 10)
    applications = document.findall("software/applications/application")
    assert document.tag == "computer"
    assert document.findtext("general/id") == "10"
    assert document.findtext("general/remote_management/managed") == "true"
    assert document.findtext("general/barcode_1") == ""
    assert document.findtext("software/applications/size") == str(len(applications))
    assert [each.findtext("name") for each in applications] == [
        each["name"] for each in in_json["software"]["applications"]
    ]


def test_a_computer_has_twelve_sections(client):
    assert list(computer(client, 1)) == COMPUTER_SECTIONS


def test_a_mobile_device_has_its_sections(client):
    record = client.get("/JSSResource/mobiledevices/id/3").json()["mobile_device"]
    assert list(record) == MOBILE_DEVICE_SECTIONS
    assert record["general"]["last_inventory_update"] == "Sunday, August 17 2025 at 6:05 PM"
    assert record["general"]["last_inventory_update_utc"] == "2025-08-17T18:05:14.459+0000"
    assert {"report_date", "last_contact_time", "initial_entry_date"}.isdisjoint(record["general"])
    assert record["certificates"][0]["expires_epoch"].isdecimal()


def test_devices_belong_to_the_people_of_the_sandbox(client):
    listed = client.get("/JSSResource/computers/subset/basic").json()["computers"]
    for each, person in zip(listed, people(40), strict=True):
        if each["id"] != computers.NO_USER:
            assert each["username"] == person.login
    [person] = people(1)
    record = client.get("/JSSResource/mobiledevices/id/1").json()["mobile_device"]
    assert record["location"]["realname"] == record["location"]["real_name"] == person.full_name
    assert record["location"]["email_address"] == person.mail


def test_the_awkward_records(client):
    assert computer(client, computers.NO_SERIAL_NUMBER)["general"]["serial_number"] == (
        "Not Available"
    )
    nobody = computer(client, computers.NO_USER)
    assert set(nobody["location"].values()) == {""}
    assert nobody["general"]["mdm_capable_users"] == {}
    first, second = (computer(client, number)["general"] for number in computers.SAME_NAME)
    assert first["name"] == second["name"]
    assert "🎧" in computer(client, computers.EMOJI_NAME)["general"]["name"]
    assert '"' in computer(client, computers.EMOJI_NAME)["general"]["name"]
    assert computer(client, 1)["general"]["site"] == {"id": -1, "name": "None"}
    attributes = computer(client, 1)["extension_attributes"]
    assert [each["value"] for each in attributes if each["name"] == "Cost Center"] == ["", "CC-101"]
    assert all(isinstance(each["value"], str) for each in attributes)
    assert 30 <= len(computer(client, 20)["software"]["applications"]) <= 60
    assert computer(client, 40)["location"]["email_address"] == ""
    lease = {k: v for k, v in computer(client, 1)["purchasing"].items() if k.startswith("lease")}
    assert lease == {"lease_expires": "", "lease_expires_epoch": 0, "lease_expires_utc": ""}


def test_the_record_of_an_old_server(client):
    record = computer(client, computers.OLD_SHAPE)
    assert "security" not in record
    assert {"supervised", "management_status"}.isdisjoint(record["general"])
    [drive] = record["hardware"]["storage"]
    assert "partitions" not in drive
    assert drive["partition"]["type"] == "boot"


def test_the_three_spellings_of_a_date_agree(client):
    general = computer(client, 1)["general"]
    assert general["report_date"] == "2025-08-18 13:18:42"
    assert general["report_date_utc"] == "2025-08-18T13:18:42.121+0000"
    moment = datetime.strptime(general["report_date_utc"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert general["report_date_epoch"] == round(moment.timestamp() * 1000)
    assert general["initial_entry_date"] == general["initial_entry_date_utc"][:10]


def test_plain_dates_are_in_the_zone_of_the_server(stage, client):
    epoch = computer(client, 1)["general"]["report_date_epoch"]
    jamf = JamfPro(computers=1, zone=timezone(timedelta(hours=-5)))
    stage.app = jamf.app
    client.sign_in(jamf)
    general = computer(client, 1)["general"]
    assert general["report_date"] == "2025-08-18 08:18:42"
    assert general["report_date_utc"] == "2025-08-18T08:18:42.121-0500"
    assert general["report_date_epoch"] == epoch


def test_records_are_the_same_in_every_run(client):
    again = JamfPro(computers=40)
    assert computer(client, 17) == again.computers.record(17)


@pytest.mark.parametrize(
    ("names", "sections"),
    [
        ("General", ["general"]),
        ("General&Location&Software", ["general", "location", "software"]),
        ("General%26Location", ["general", "location"]),
        ("software&GENERAL", ["general", "software"]),
        ("ExtensionAttributes&groupsaccounts&security", ["security", "extension_attributes",
                                                         "groups_accounts"]),
        ("General&Extension_attributes&Nonsense", ["general"]),
        ("Nonsense", []),
    ],
)  # fmt: skip
def test_subsets_of_a_computer(client, names, sections):
    whole = computer(client, 3)
    answer = client.get(f"/JSSResource/computers/id/3/subset/{names}").json()
    assert answer == {"computer": {name: whole[name] for name in sections}}


def test_subsets_of_a_mobile_device(client):
    answer = client.get(
        "/JSSResource/mobiledevices/id/3/subset/General&MobileDeviceGroups&Software"
    )
    assert list(answer.json()["mobile_device"]) == ["general", "mobile_device_groups"]


def test_the_groups(client):
    groups = client.get("/JSSResource/computergroups").json()["computer_groups"]
    assert groups[0] == {"id": 1, "name": "All Managed Clients", "is_smart": True}
    assert [each["name"] for each in groups][1:] == [
        "Lab Macs", "Sales/Finance", "Büro Zürich", "Retired",
    ]  # fmt: skip
    listed = client.get("/JSSResource/mobiledevicegroups").json()["mobile_device_groups"]
    assert "Loan Pool" in [each["name"] for each in listed]


@pytest.mark.parametrize(
    ("name", "members"),
    [("Lab%20Macs", [10, 20, 30, 40]), ("Büro Zürich", [7, 14, 21, 28, 35]), ("Retired", [])],
)
def test_a_group_by_its_name(client, name, members):
    group = client.get(f"/JSSResource/computergroups/name/{name}").json()["computer_group"]
    assert [each["id"] for each in group["computers"]] == members
    by_id = client.get(f"/JSSResource/computergroups/id/{group['id']}").json()
    assert by_id == {"computer_group": group}


def test_the_members_of_groups(client):
    answer = client.get("/JSSResource/computergroups/id/2").json()["computer_group"]
    assert set(answer["computers"][0]) == {
        "id", "name", "mac_address", "alt_mac_address", "serial_number",
    }  # fmt: skip
    answer = client.get("/JSSResource/mobiledevicegroups/name/Loan%20Pool").json()
    members = answer["mobile_device_group"]["mobile_devices"]
    assert [each["id"] for each in members] == [6, 12]
    assert "udid" in members[0]


@pytest.mark.parametrize(
    ("name", "status"),
    [("Nobody", 404), ("Lab+Macs", 404), ("Sales/Finance", 404), ("Sales%2FFinance", 400)],
)
def test_names_that_find_no_group(client, name, status):
    answer = client.get(f"/JSSResource/computergroups/name/{name}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("computers/id/41", 404),
        ("computers/id/0", 404),
        ("computers/id/one", 400),
        ("computers/id/41/subset/General", 404),
        ("computer_groups", 404),
        ("mobile_devices", 404),
        ("computergroups/id/99", 404),
    ],
)
def test_errors_are_html_even_for_who_asks_for_json(client, path, status):
    answer = client.get(f"/JSSResource/{path}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html;charset=UTF-8"
    assert "<p>" in answer.text


def test_it_is_for_reading_only(client):
    assert client.delete("/JSSResource/computers/id/1").status_code == 405
