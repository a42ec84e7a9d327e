#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real Apache in a private folder, on loopback, that wants a login by NTLM, Negotiate (Kerberos) or
Basic and sends back what it was sent. And a realm of Kerberos for it.

web = Apache(folder, ["ntlm"]).start(); ... web.url("ntlm") ...; web.stop()
"""
import os
import pwd
import shutil
import socket
import subprocess
import time

MODULES = "/usr/lib/apache2/modules"
NEEDED = ["mpm_event", "authn_core", "authz_core", "authz_user", "authn_file", "auth_basic", "auth_gssapi",
          "lua", "reflector"]
REALM = "BRYGGA.TEST"
USER, PASSWORD = "eva", "s3cret word"

CONFIGURATION = """\
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
LogLevel warn
StartServers 1
DocumentRoot {folder}/www
{modules}
{user}
<Location />
  SetHandler reflector
  Require valid-user
</Location>
LuaHookTranslateName {folder}/ntlm.lua with_version early
<Location /ntlm>
  AuthType GSSAPI
  AuthName ntlm
  GssapiAllowedMech ntlmssp
  GssapiConnectionBound On
</Location>
{negotiate}
<Location /basic>
  AuthType Basic
  AuthName basic
  AuthBasicProvider file
  AuthUserFile {folder}/users
</Location>
"""

NEGOTIATE = """\
<Location /negotiate>
  AuthType GSSAPI
  AuthName negotiate
  GssapiAllowedMech krb5
  GssapiCredStore keytab:{folder}/keytab
</Location>
"""

# gss-ntlmssp 1.2 wants the version in the first and the third message ([MS-NLMP] 2.2.1.1 and 2.2.1.3
# leave it to the client, and libcurl has none): eight zero bytes, and what stands behind them moves.
LUA = """\
local function moved(b, at)
  return b:sub(1, at + 4) .. string.pack("<I4", string.unpack("<I4", b, at + 5) + 8) .. b:sub(at + 9)
end

function with_version(r)
  local coded, pad = (r.headers_in["Authorization"] or ""):match("^NTLM ([^=]+)(=*)$")
  -- It loses the last byte.
  local b = coded and r:base64_decode(coded .. pad:gsub("=", "A") .. "AAAA"):sub(1, #coded * 3 // 4)
  if b and b:byte(9) == 1 and #b == 32 then
    b = b .. string.rep(string.char(0), 8)
  elseif b and b:byte(9) == 3 then
    for at = 12, 52, 8 do b = moved(b, at) end
    b = b:sub(1, 64) .. string.rep(string.char(0), 8) .. b:sub(65)
  end
  if b then r.headers_in["Authorization"] = "NTLM " .. r:base64_encode(b) end
  return apache2.DECLINED
end
"""

KRB5 = """\
[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
"""

KDC = """\
[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
  }}
"""


class Missing(Exception):
    """It is not to be had here; the text says why."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, what):
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not start")


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


class Realm:
    """A KDC with the user, and the key of the web server in a keytab."""

    def __init__(self, folder):
        for program in ("krb5kdc", "kdb5_util", "kadmin.local", "kinit"):
            if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
                raise Missing(f"{program} is not installed")
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        how = {"folder": folder, "port": self.port, "realm": REALM}
        self.env = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin",
                    "KRB5_CONFIG": write(f"{folder}/krb5.conf", KRB5.format(**how)),
                    "KRB5_KDC_PROFILE": write(f"{folder}/kdc.conf", KDC.format(**how)),
                    "KRB5CCNAME": f"FILE:{folder}/cache"}
        self.process = None

    def run(self, *args, text=None):
        subprocess.run(args, env=self.env, check=True, capture_output=True, text=True, input=text)

    def start(self):
        self.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        self.run("kadmin.local", "-q", f'addprinc -pw "{PASSWORD}" {USER}')
        self.run("kadmin.local", "-q", "addprinc -randkey HTTP/127.0.0.1")
        self.run("kadmin.local", "-q", f"ktadd -k {self.folder}/keytab HTTP/127.0.0.1")
        os.chmod(f"{self.folder}/keytab", 0o644)
        self.process = subprocess.Popen(["krb5kdc", "-n"], env=self.env, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(self.port, self.process, "krb5kdc")
        return self

    def log_in(self):
        self.run("kinit", USER, text=PASSWORD + "\n")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


class Apache:
    def __init__(self, folder, realm=None):
        absent = [m for m in NEEDED if not os.path.exists(f"{MODULES}/mod_{m}.so")]
        self.program = shutil.which("apache2", path=os.environ["PATH"] + ":/usr/sbin")
        if absent or not self.program:
            raise Missing("Apache is not installed, or lacks " + ", ".join(absent))
        os.makedirs(f"{folder}/www", exist_ok=True)
        for path in (folder, f"{folder}/www"):
            os.chmod(path, 0o755)
        self.folder, self.realm = folder, realm
        self.port = free_port()
        self.process = None

    def start(self):
        root = os.geteuid() == 0
        user = pwd.getpwnam("www-data" if root else pwd.getpwuid(os.geteuid()).pw_name)
        if self.realm:
            shutil.copy(f"{self.realm.folder}/keytab", f"{self.folder}/keytab")
            os.chmod(f"{self.folder}/keytab", 0o644)
        coded = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], check=True, capture_output=True,
                               text=True).stdout.strip()
        write(f"{self.folder}/users", f"{USER}:{coded}\n")
        write(f"{self.folder}/ntlm.lua", LUA)
        write(f"{self.folder}/ntlm", f"CORP:{USER}:{PASSWORD}\n")
        modules = "\n".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in NEEDED)
        conf = write(f"{self.folder}/apache.conf", CONFIGURATION.format(
            folder=self.folder, port=self.port, modules=modules,
            negotiate=NEGOTIATE.format(folder=self.folder) if self.realm else "",
            user=f"User {user.pw_name}\nGroup #{user.pw_gid}" if root else ""))
        env = {**(self.realm.env if self.realm else os.environ), "NTLM_USER_FILE": f"{self.folder}/ntlm"}
        self.process = subprocess.Popen([self.program, "-d", self.folder, "-f", conf, "-DFOREGROUND"], env=env,
                                        stdin=subprocess.DEVNULL)
        wait_for(self.port, self.process, "apache2")
        return self

    def url(self, how):
        return f"http://127.0.0.1:{self.port}/{how}"

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
