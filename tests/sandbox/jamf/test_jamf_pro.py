"""The Jamf Pro API of the mock server: pages, sections, order, versions, what a device shows."""

import pytest

from sandbox.jamf import JamfPro, computers
from sandbox.jamf.computers_inventory import READERS
from sandbox.jamf.moments import instant

COMPUTERS = "/api/v3/computers-inventory"
MOBILE_DEVICES = "/api/v2/mobile-devices/detail"


@pytest.fixture
def jamf(jamf):
    jamf.version = "11.30.1-t1780000000"
    return jamf


def results(client, path, **parameters):
    return client.get(path, params=parameters).json()["results"]


def test_the_version(client, jamf):
    assert client.get("/api/v1/jamf-pro-version").json() == {"version": jamf.version}


def test_pages(client):
    answer = client.get(COMPUTERS, params={"page-size": 15, "page": 2, "sort": "id:asc"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["totalCount"] == 40
    assert [each["id"] for each in answer.json()["results"]] == [str(n) for n in range(31, 41)]
    past = client.get(COMPUTERS, params={"page-size": 15, "page": 3}).json()
    assert past == {"totalCount": 40, "results": []}


def test_a_page_has_100_records_by_default_and_2000_at_most(stage, client):
    jamf = JamfPro(computers=0, mobile_devices=2001)
    stage.app = jamf.app
    client.sign_in(jamf)
    assert len(results(client, MOBILE_DEVICES)) == 100
    parameters = {"page-size": "5000", "section": "GROUPS", "sort": "mobileDeviceId:asc"}
    assert len(results(client, MOBILE_DEVICES, **parameters)) == 2000
    assert len(results(client, MOBILE_DEVICES, **parameters, page=1)) == 1


@pytest.mark.parametrize("path", [COMPUTERS, MOBILE_DEVICES])
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("section", "GENERIC"),
        ("section", "general"),
        ("sort", "colour:asc"),
        ("sort", "id:upwards"),
        ("page", "-1"),
        ("page-size", "0"),
        ("page-size", "all"),
    ],
)
def test_a_wrong_parameter_is_named(client, path, parameter, value):
    answer = client.get(path, params={parameter: value})
    assert answer.status_code == 400
    assert answer.json()["httpStatus"] == 400
    assert answer.json()["errors"][0]["field"] == parameter


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (COMPUTERS, {"section": "IBEACONS"}),
        (COMPUTERS, {"filter": "id==1"}),
        (MOBILE_DEVICES, {"section": "EBOOKS"}),
        (MOBILE_DEVICES, {"filter": "serialNumber==x"}),
    ],
)
def test_what_the_sandbox_lacks_it_says(client, path, parameters):
    assert client.get(path, params=parameters).status_code == 501


def test_mobile_devices_of_a_group(client):
    parameters = {"filter": "groupId==2", "sort": "mobileDeviceId:asc"}
    answer = client.get(MOBILE_DEVICES, params=parameters).json()
    assert answer["totalCount"] == 2
    assert [each["mobileDeviceId"] for each in answer["results"]] == ["6", "12"]
    assert client.get(MOBILE_DEVICES, params={"filter": "groupId==99"}).json()["totalCount"] == 0


def test_sections_that_were_not_asked_for_are_null(client):
    [record] = results(client, COMPUTERS, **{"page-size": 1})
    assert record["general"]["name"]
    assert {key for key, value in record.items() if value is not None} == {"id", "udid", "general"}
    assert {"groupMemberships", "userAndLocation", "diskEncryption", "ibeacons"} < set(record)
    [record] = results(client, COMPUTERS, section=["HARDWARE", "APPLICATIONS"], **{"page-size": 1})
    assert {key for key, value in record.items() if value is not None} == {
        "id", "udid", "hardware", "applications",
    }  # fmt: skip


def test_order(client):
    names = [each["general"]["name"] for each in results(client, COMPUTERS)]
    assert names == sorted(names)
    downwards = results(client, COMPUTERS, sort="general.name:asc,id:desc")
    assert [each["general"]["name"] for each in downwards] == names
    same = [each["id"] for each in downwards if each["general"]["name"] == "MacBook Pro"]
    assert same == ["6", "5"]
    ids = [int(each["id"]) for each in results(client, COMPUTERS, sort="id:desc")]
    assert ids == list(range(40, 0, -1))


@pytest.mark.parametrize(
    ("release", "newest"),
    [("10.38", 0), ("10.39", 1), ("11.17.1", 1), ("11.20.1", 2), ("11.29.1", 3), ("11.30.0", 4)],
)
def test_versions_of_the_inventory(client, jamf, release, newest):
    jamf.version = release
    answers = {n: client.get(f"/api/v{n}/computers-inventory").status_code for n in range(1, 6)}
    assert answers == {n: 200 if n <= newest else 404 for n in range(1, 6)}


def test_what_differs_between_versions(client):
    def first(version):
        sections = {"section": ["GENERAL", "APPLICATIONS"], "sort": "id:asc"}
        return results(client, f"/api/v{version}/computers-inventory", **sections)[0]

    assert {"plugins", "fonts"} <= set(first(1))
    assert {"plugins", "fonts"}.isdisjoint(first(2))
    assert "cfBundleVersion" not in first(2)["applications"][0]
    assert "cfBundleVersion" in first(3)["applications"][0]
    assert {"lastContactTime", "lastReportedIp"} <= set(first(3)["general"])
    assert {"lastContactTime", "lastReportedIp"}.isdisjoint(first(4)["general"])
    assert {"lastCheckIn", "lastContact", "lastReportedIpV4"} <= set(first(4)["general"])
    assert first(4)["general"]["lastCheckIn"] == first(3)["general"]["lastContactTime"]


def test_a_computer_is_the_same_one_in_both_apis(client):
    old = client.get("/JSSResource/computers/id/14").json()["computer"]
    new = results(client, COMPUTERS, section=list(READERS), sort="id:asc")[13]
    departments = {each["id"]: each["name"] for each in results(client, "/api/v1/departments")}
    buildings = {each["id"]: each["name"] for each in results(client, "/api/v1/buildings")}
    assert new["id"] == str(old["general"]["id"])
    assert new["hardware"]["serialNumber"] == old["general"]["serial_number"]
    assert new["general"]["reportDate"] == instant(old["general"]["report_date_epoch"])
    assert new["general"]["barcode1"] is None
    assert new["general"]["site"] == {"id": "-1", "name": "None"}
    assert new["operatingSystem"]["version"] == old["hardware"]["os_version"]
    assert new["purchasing"]["poDate"] == old["purchasing"]["po_date"]
    assert new["purchasing"]["leaseDate"] is None
    assert departments[new["userAndLocation"]["departmentId"]] == old["location"]["department"]
    assert buildings[new["userAndLocation"]["buildingId"]] == old["location"]["building"]
    assert [each["bundleId"] for each in new["applications"]] == [
        each["bundle_id"] for each in old["software"]["applications"]
    ]
    assert [each["groupName"] for each in new["groupMemberships"]] == [
        "All Managed Clients", "Büro Zürich",
    ]  # fmt: skip
    attributes = new["general"]["extensionAttributes"] + new["extensionAttributes"]
    assert [each["name"] for each in attributes] == [
        each["name"] for each in old["extension_attributes"]
    ]
    assert [each["values"] for each in attributes if each["definitionId"] == "4"] == [[]]


@pytest.mark.parametrize("number", [computers.OLD_SHAPE, computers.NO_USER])
def test_a_record_that_lacks_something_is_null_there(client, number):
    record = results(client, COMPUTERS, section=list(READERS), sort="id:asc")[number - 1]
    if number == computers.OLD_SHAPE:
        assert record["hardware"]["appleSilicon"] is None
        assert record["general"]["mdmProfileExpiration"] is None
    else:
        assert record["userAndLocation"]["username"] is None
        assert record["userAndLocation"]["departmentId"] is None


def test_a_mobile_device_is_the_same_one_in_both_apis(client):
    old = client.get("/JSSResource/mobiledevices/id/6").json()["mobile_device"]
    sections = ["GENERAL", "HARDWARE", "USER_AND_LOCATION", "GROUPS", "NETWORK", "SECURITY"]
    new = results(client, MOBILE_DEVICES, section=sections, sort="mobileDeviceId:asc")[5]
    assert "id" not in new
    assert (new["mobileDeviceId"], new["deviceType"]) == ("6", "iOS")
    assert new["general"]["displayName"] == old["general"]["display_name"]
    assert new["general"]["lastInventoryUpdateDate"] == instant(
        old["general"]["last_inventory_update_epoch"]
    )
    assert new["general"]["lastBackupDate"] is None
    assert new["hardware"]["serialNumber"] == old["general"]["serial_number"]
    assert new["userAndLocation"]["department"] == old["location"]["department"]
    assert new["network"]["imei"] is None
    assert [each["groupName"] for each in new["groups"]] == [
        each["name"] for each in old["mobile_device_groups"]
    ]
    assert new["applications"] is None


def test_departments_have_pages_too(client):
    answer = client.get("/api/v1/departments", params={"page-size": 4, "page": 1}).json()
    assert answer["totalCount"] == 6
    assert answer["results"][-1] == {"id": "6", "name": "People & Culture"}


def test_computer_groups_are_a_plain_list(client):
    groups = client.get("/api/v1/computer-groups").json()
    assert groups[2] == {"id": "3", "name": "Sales/Finance", "smartGroup": True}
    groups = client.get("/api/v1/mobile-device-groups").json()
    assert groups[1] == {"id": "2", "name": "Loan Pool", "isSmartGroup": False}


def test_the_sections_that_are_lists(client):
    [record] = results(client, COMPUTERS, section=list(READERS), sort="id:asc", **{"page-size": 1})
    assert record["storage"]["disks"][0]["sizeMegabytes"] == 500277
    assert record["storage"]["disks"][0]["partitions"][0]["fileVault2State"] == "ENCRYPTED"
    assert record["storage"]["disks"][0]["partitions"][0]["partitionType"] == "BOOT"
    assert record["security"]["gatekeeperStatus"] == "APP_STORE_AND_IDENTIFIED_DEVELOPERS"
    assert record["security"]["secureBootLevel"] == "FULL_SECURITY"
    assert record["certificates"][0]["expirationDate"] == "2033-05-04T09:00:00Z"
    assert record["certificates"][1]["expirationDate"] is None
    assert record["services"] == [{"name": "com.example.helpdesk.agent"}]
    assert record["packageReceipts"]["installedByJamfPro"] == ["Helpdesk-2.4.pkg"]
    assert record["localUserAccounts"][0]["homeDirectorySizeMb"] == -1
    assert record["configurationProfiles"][1]["id"] == "-1"


def test_what_vanished_or_is_forbidden_is_not_listed(client, jamf):
    jamf.computers.vanished.add(1)
    jamf.computers.forbidden.add(40)
    answer = client.get(COMPUTERS, params={"sort": "id:asc"}).json()
    assert answer["totalCount"] == 38
    assert [answer["results"][0]["id"], answer["results"][-1]["id"]] == ["2", "39"]


def test_one_broken_mobile_device_fails_its_page_unless_asked_to_be_lenient(client, jamf):
    jamf.mobile_devices.broken.add(3)
    page = {"sort": "mobileDeviceId:asc", "page-size": 6}
    strict = client.get(MOBILE_DEVICES, params=page)
    assert strict.status_code == 500
    assert "3" in strict.json()["errors"][0]["description"]
    assert client.get(MOBILE_DEVICES, params=page | {"page": 1}).status_code == 200

    lenient = page | {"exception-handling": "LENIENT"}
    records = results(client, MOBILE_DEVICES, **lenient)
    assert [each["general"] is None for each in records].index(True) == 2
    jamf.version = "11.28.1"
    assert client.get(MOBILE_DEVICES, params=lenient).status_code == 500


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (1_710_164_225_123, "2024-03-11T13:37:05.123Z"),
        (1_710_164_225_120, "2024-03-11T13:37:05.12Z"),
        (1_710_164_225_100, "2024-03-11T13:37:05.1Z"),
        (1_710_164_225_000, "2024-03-11T13:37:05Z"),
        (1_710_164_230_003, "2024-03-11T13:37:10.003Z"),
        (0, None),
    ],
)
def test_zeros_at_the_end_of_a_fraction_are_dropped(moment, text):
    assert instant(moment) == text
