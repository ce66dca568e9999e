"""Which attributes of a directory contain passwords, keys, or other secrets.

Some directories let an account read them, and nothing that is saved or sent may contain them.
Names are compared without their options: `userPassword;lang-en` is `userPassword` (RFC 4512, 2.5).
"""

from __future__ import annotations

import re
from functools import lru_cache

# The vendors' names, in lowercase. A mapping cannot read these.
VENDOR_PASSWORDS = frozenset(
    (
        # RFC 4519, 3112, and 2798, and OpenLDAP with its overlay ppolicy.
        *("userpassword", "authpassword", "userpkcs12", "pwdhistory", "olcrootpw", "olcsyncrepl"),
        # Active Directory: secret attributes (MS-DRSR, IsSecretAttribute).
        *("unicodepwd", "dbcspwd", "ntpwdhistory", "lmpwdhistory", "supplementalcredentials"),
        *("currentvalue", "priorvalue", "initialauthincoming", "initialauthoutgoing"),
        *("trustauthincoming", "trustauthoutgoing"),
        # Active Directory: passwords of computers and services, BitLocker, TPM, roaming keys.
        *("ms-mcs-admpwd", "mslaps-password", "mslaps-encryptedpassword"),
        *("mslaps-encryptedpasswordhistory", "mslaps-encrypteddsrmpassword"),
        *("mslaps-encrypteddsrmpasswordhistory", "msds-managedpassword"),
        *("msds-executescriptpassword", "unixuserpassword", "mssfu30password"),
        *("msfve-recoverypassword", "msfve-keypackage", "mstpm-ownerinformation"),
        *("mspkiaccountcredentials", "mspkidpapimasterkeys", "mskds-rootkeydata"),
        *("peklist", "linktracksecret", "privatekey"),
        # Samba and Kerberos.
        *("sambalmpassword", "sambantpassword", "sambapasswordhistory", "sambacleartextpassword"),
        *("sambapreviouscleartextpassword", "lmpassword", "ntpassword"),
        *("krbprincipalkey", "krbmkey", "krbpwdhistory", "krbextradata", "krb5key"),
        # 389 Directory Server and FreeIPA.
        *("nsslapd-rootpw", "passwordhistory", "nsds5replicacredentials"),
        *("nsds5replicabootstrapcredentials", "nsmultiplexorcredentials", "nssymmetrickey"),
        *("ipanthash", "ipanttrustauthincoming", "ipanttrustauthoutgoing", "ipatokenotpkey"),
        *("ipatokenradiussecret", "ipaprivatekey", "ipasecretkey"),
        # eDirectory, and Oracle.
        *("nspmpassword", "nspmpasswordkey", "nspmpasswordhistory", "nspmdistributionpassword"),
        *("nspmpreviousdistributionpassword", "sasloginsecret", "sasloginsecretkey"),
        *("sasloginconfiguration", "sasloginconfigurationkey"),
        *("orclpassword", "orclpasswordverifier"),
    )
)
SECRET_WORDS = re.compile(
    r"passw(?:or)?d|passwort|kennwort|passphrase|passcode|pwd|pw(?=$|[-_])"
    r"|secret(?!ar)|private-?key|credential"
)
# How the names of times, counters, and policies end.
HARMLESS = re.compile(
    r"""
    (?: time(?:stamp)?(?:computed)? | (?<!up)(?<!can)date | (?:word|wd|min|max)age
      | lastset | last(?:pwd|password)?changed? | changed | lastsuccess | (?:word|lockout)end
      | expir(?:es|ed|ation|y) | exp(?:ire)?warn(?:ed|ing) | interval | duration | delay | life
      | (?<!ac)count(?:er)? | limit | length | threshold | attempts? | failures? | inhistory
      | polic(?:y|ies) | policy(?:subentry|reference|dn) | properties | precedence | quality
      | syntax | schemes? | version | lockout | enabled | required | (?<!word)allowed
      | (?:can|must|allow|allowuser|machinepwd)change | safemodify | (?:word|wd)reset
      | donotexpirepassword | logontochgpwd | pwdattribute | mindiffchars
      | (?:password|pwd)(?:min|max)[a-z0-9]+ | checkmodule(?:arg)?
    )$
    """,
    re.VERBOSE,
)


def is_vendor_password(name: str) -> bool:
    """Return whether a vendor's schema has a password, a key, or a secret under this name."""
    return _bare(name) in VENDOR_PASSWORDS


@lru_cache(maxsize=10_000)
def looks_secret(name: str) -> bool:
    """Return whether an attribute probably contains a secret, by its name.

    Names of times, counters, and policies are not: pwdLastSet, badPwdCount, pwdPolicySubentry.
    """
    bare = _bare(name)
    if bare in VENDOR_PASSWORDS:
        return True
    return bool(SECRET_WORDS.search(bare)) and not HARMLESS.search(bare)


def _bare(name: str) -> str:
    return name.partition(";")[0].strip().lower()
