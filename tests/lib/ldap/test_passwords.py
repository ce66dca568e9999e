"""Which attributes are passwords: by the vendors' names, and by a rule for all attributes."""

import pytest

from lib.ldap.passwords import VENDOR_PASSWORDS, is_vendor_password, looks_secret

SECRET = [
    "userPassword",
    "userPassword;lang-en",
    "USERPASSWORD;binary",
    "authPassword",
    "unixUserPassword",
    "msSFU30Password",
    "sambaPasswordHistory",
    "sambaNTPassword",
    "sambaLMPassword",
    "sambaClearTextPassword",
    "msLAPS-Password",
    "msLAPS-EncryptedPassword",
    "msLAPS-EncryptedPasswordHistory",
    "ms-Mcs-AdmPwd",
    "msLAPS-EncryptedDSRMPassword",
    "msLAPS-EncryptedDSRMPasswordHistory",
    "msDS-ManagedPassword",
    "ntPwdHistory",
    "lmPwdHistory",
    "dBCSPwd",
    "unicodePwd",
    "supplementalCredentials",
    "trustAuthIncoming",
    "nsslapd-rootpw",
    "olcRootPW",
    "passwordHistory",
    "pwdHistory",
    "krbPrincipalKey",
    "krbPwdHistory",
    "ipaNTHash",
    "nspmDistributionPassword",
    "sASLoginSecret",
    "privateKey",
    "userPKCS12",
    "nsDS5ReplicaCredentials",
    "oathSecret",
    "radiusTunnelPassword",
    "wifiPassword",
    "initialPasswd",
    "tempPwd",
    "clientSecret",
    "secretAnswer",
    "sshPrivateKey",
    "apiCredential",
    "voicemailPassword;x-home",
    "passwordHint",
    "vpn-pw",
    "passwordsUsed",
    "passwordMessage",
    "secretAccount",
]
HARMLESS = [
    "pwdLastSet",
    "badPwdCount",
    "badPasswordTime",
    "msLAPS-PasswordExpirationTime",
    "ms-Mcs-AdmPwdExpirationTime",
    "pwdPolicySubentry",
    "passwordPolicy",
    "nspmPasswordPolicyDN",
    "krbPwdPolicyReference",
    "apple-user-passwordpolicy",
    "msDS-UserPasswordExpiryTimeComputed",
    "msDS-PasswordSettingsPrecedence",
    "msDS-PasswordHistoryLength",
    "msDS-MaximumPasswordAge",
    "msDS-PasswordComplexityEnabled",
    "pwdProperties",
    "pwdHistoryLength",
    "minPwdAge",
    "minPwdLength",
    "machinePasswordChangeInterval",
    "pwdChangedTime",
    "pwdAccountLockedTime",
    "pwdFailureTime",
    "pwdGraceUseTime",
    "pwdReset",
    "pwdLastSuccess",
    "pwdInHistory",
    "pwdMinAge",
    "pwdMaxAge",
    "pwdCheckQuality",
    "pwdLockoutDuration",
    "pwdMaxFailure",
    "pwdMustChange",
    "pwdAllowUserChange",
    "pwdSafeModify",
    "pwdExpireWarning",
    "pwdGraceAuthNLimit",
    "pwdFailureCountInterval",
    "passwordExpirationTime",
    "passwordExpWarned",
    "passwordRetryCount",
    "passwordStorageScheme",
    "passwordMinLength",
    "passwordMinSpecials",
    "passwordRequired",
    "passwordAllowChange",
    "passwordUniqueRequired",
    "sambaPwdLastSet",
    "sambaPwdMustChange",
    "sambaBadPasswordCount",
    "sambaMaxPwdAge",
    "sambaPwdHistoryLength",
    "krbPasswordExpiration",
    "krbLastPwdChange",
    "krbPwdFailureCountInterval",
    "krb5PasswordEnd",
    "pwdLastSet;range=0-1",
    "PWDLASTSET",
    "shadowLastChange",
    "secretary",
    "uid",
    "mail",
    "sn",
    "memberOf",
    "passportNumber",
    "description",
    "telephoneNumber",
    "manager",
    "isPrivilegeHolder",
    "userCertificate",
    "sshPublicKey",
    "employeeNumber",
    "compassPoint",
]


@pytest.mark.parametrize("name", SECRET)
def test_looks_secret_password_is_secret(name):
    assert looks_secret(name)
    assert looks_secret(name.lower())


@pytest.mark.parametrize("name", HARMLESS)
def test_looks_secret_time_counter_or_policy_is_not(name):
    assert not looks_secret(name)
    assert not looks_secret(name.lower())


@pytest.mark.parametrize("name", sorted(VENDOR_PASSWORDS))
def test_looks_secret_vendor_password_is_secret(name):
    assert looks_secret(name.upper())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UserPassword;lang-en", True),
        ("msLAPS-EncryptedPassword", True),
        ("passwordHint", False),  # an attribute of one's own may be mapped
        ("pwdLastSet", False),
    ],
)
def test_is_vendor_password_compares_whole_names_without_options(name, expected):
    assert is_vendor_password(name) is expected
