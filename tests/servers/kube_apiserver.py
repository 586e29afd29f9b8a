"""The real kube-apiserver: ours with etcd inside, built by .ci/kubernetes, or a stock one with etcd beside it."""

import json
import os
import secrets
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import trustme

from mmcockpit.simulator.servers.process import HOST, ServerMissing, ServerProcess, accepts, free_port
from tests.servers.go_programs import kubernetes_program

ACCOUNTS_KEY = "service-accounts.pem"
LESS_WORK = {"GOGC": "200"}
"""Environment of a Go program that may use more memory, for less work of its garbage collector."""


class Etcd(ServerProcess):
    """One etcd, for a kube-apiserver that brings none."""

    name = "etcd"

    def __init__(self, folder: Path, binary: Path) -> None:
        super().__init__(folder)
        self.url = f"http://{HOST}:{self.port}"
        self._binary = binary
        self._peer_url = f"http://{HOST}:{free_port()}"

    def command(self) -> list[str]:
        return [
            str(self._binary),
            f"--data-dir={self.folder / 'data'}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={self._peer_url}",
            f"--initial-advertise-peer-urls={self._peer_url}",
            f"--initial-cluster=default={self._peer_url}",
            "--unsafe-no-fsync",
        ]


class KubeApiserver(ServerProcess):
    """A real Kubernetes API without kubelet, scheduler or controllers: what tests write is all there is.

    `kubeconfig` has two contexts: `admin` (the current one; may do everything, by token) and `stranger` (logged in, but
    allowed nothing). With `controllers` it is set up for a ControlPlane.
    """

    name = "kube-apiserver"
    start_within_s = 90.0
    stop_within_s = 5.0

    def __init__(self, folder: Path, controllers: bool = False) -> None:
        super().__init__(folder)
        self.url = f"https://{HOST}:{self.port}"
        self._controllers = controllers
        self.tokens = {name: secrets.token_hex(16) for name in ("admin", "stranger")}
        self._etcd: Etcd | None = None

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def ca(self) -> Path:
        """The authority of the server's certificate, PEM."""
        return self.folder / "ca.pem"

    @property
    def accounts_key(self) -> Path:
        """The private key that tokens of service accounts are signed with, PEM."""
        return self.folder / ACCOUNTS_KEY

    def prepare(self) -> None:
        if not self.ca.exists():
            self._write_credentials()

    def command(self) -> list[str]:
        binary = kubernetes_program(self.name)
        if binary is None:
            raise ServerMissing("kube-apiserver: not in $KUBEBUILDER_ASSETS, the cache or PATH: run `make kubernetes`")
        # Must be the first argument of ours.
        store = f"--embedded-etcd={self.folder / 'etcd'}"
        beside = shutil.which("etcd", path=os.fspath(binary.parent))
        if beside:
            self._etcd = self._etcd or Etcd(self.folder / "etcd", Path(beside))
            store = f"--etcd-servers={self._etcd.start().url}"
        return [str(binary), store, *self._flags()]

    def stop(self) -> None:
        super().stop()
        if self._etcd:
            self._etcd.stop()

    def ready(self) -> bool:
        if not accepts(self.port):
            return False
        ask = urllib.request.Request(f"{self.url}/readyz", headers={"Authorization": f"Bearer {self.tokens['admin']}"})
        try:
            trust = ssl.create_default_context(cafile=os.fspath(self.ca))
            direct = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
            )
            with direct.open(ask, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **LESS_WORK}

    def _flags(self) -> list[str]:
        # Without controllers, no program makes the account and its token that pods would wait for.
        admission = ["--allow-privileged"] if self._controllers else ["--disable-admission-plugins=ServiceAccount"]
        return [
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--secure-port={self.port}",
            f"--cert-dir={self.folder / 'certs'}",
            f"--tls-cert-file={self.folder / 'server.pem'}",
            f"--tls-private-key-file={self.folder / 'server.key'}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            f"--service-account-key-file={self.accounts_key}",
            f"--service-account-signing-key-file={self.accounts_key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
            *admission,
            "--endpoint-reconciler-type=none",
            "--enable-priority-and-fairness=false",
            "--profiling=false",
            "--v=0",
        ]

    def _write_credentials(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        server = authority.issue_cert(HOST, "localhost")
        for number, blob in enumerate(server.cert_chain_pems):
            blob.write_to_path(self.folder / "server.pem", append=number > 0)
        server.private_key_pem.write_to_path(self.folder / "server.key")
        authority.issue_cert("service-accounts.test").private_key_pem.write_to_path(self.accounts_key)
        rows = [f"{self.tokens['admin']},admin,admin,system:masters", f"{self.tokens['stranger']},stranger,stranger"]
        (self.folder / "tokens.csv").write_text("".join(f"{row}\n" for row in rows))
        cluster = {"server": self.url, "certificate-authority": os.fspath(self.ca)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "admin",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": name, "user": {"token": token}} for name, token in self.tokens.items()],
            "contexts": [
                {"name": name, "context": {"cluster": "test", "user": name, "namespace": "default"}}
                for name in self.tokens
            ],
        }
        # JSON is YAML.
        self.kubeconfig.write_text(json.dumps(config, indent=1))
