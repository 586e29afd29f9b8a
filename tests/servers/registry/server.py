"""Real image registry (distribution of the CNCF), and images to push into it."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from mmcockpit.simulator.servers.process import HOST, ServerMissing, ServerProcess
from tests.servers.go_programs import go_program

INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
USER, PASSWORD = "alice", "wonder-land"
HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuQAxP.4EvgFrN7KwEDh/4qWFUMuO1Wni\n"


class Registry(ServerProcess):
    """A registry with its blobs in its folder.

    `auth` is that part of its configuration, `redirect` the address to which it redirects requests for blobs.
    """

    name = "registry"

    def __init__(self, folder: Path, *, auth: Mapping[str, Any] | None = None, redirect: str = "") -> None:
        super().__init__(folder)
        self.auth = auth
        self.redirect = redirect

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def blobs(self) -> Path:
        """The folder of what is pushed, as paths of redirects begin in it."""
        return self.folder / "data"

    def prepare(self) -> None:
        (self.folder / "htpasswd").write_text(HTPASSWD)
        config: dict[str, Any] = {
            "version": 0.1,
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(self.blobs)}},
            "http": {"addr": f"{HOST}:{self.port}"},
        }
        if self.auth is not None:
            config["auth"] = self.auth
        if self.redirect:
            config["middleware"] = {"storage": [{"name": "redirect", "options": {"baseurl": self.redirect}}]}
        # JSON is YAML.
        (self.folder / "config.yaml").write_text(json.dumps(config))

    def environment(self) -> Mapping[str, str]:
        return {"OTEL_TRACES_EXPORTER": "none"}

    def command(self) -> list[str]:
        program = go_program(self.name)
        if program is None:
            raise ServerMissing("registry: not found: run `make servers`")
        return [str(program), "serve", str(self.folder / "config.yaml")]


class Pusher:
    """Pushes images to a repository of a registry."""

    def __init__(self, url: str, repository: str, headers: Mapping[str, str] | None = None) -> None:
        self._url = f"{url}/v2/{repository}"
        self._headers = dict(headers or {})

    def blob(self, content: bytes) -> str:
        """Push a blob and return its digest."""
        digest = f"sha256:{sha256(content).hexdigest()}"
        with self._sent("POST", f"{self._url}/blobs/uploads/", b"") as started:
            place = urljoin(self._url, started.headers["Location"])
        join = "&" if "?" in place else "?"
        with self._sent("PUT", f"{place}{join}digest={digest}", content, "application/octet-stream"):
            return digest

    def manifest(self, reference: str, manifest: dict[str, Any]) -> str:
        """Push a manifest under a tag or its digest (empty), and return its digest."""
        content = json.dumps(manifest).encode()
        digest = f"sha256:{sha256(content).hexdigest()}"
        with self._sent("PUT", f"{self._url}/manifests/{reference or digest}", content, manifest["mediaType"]):
            return digest

    def image(self, tag: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Push an image with this configuration and no layers, and return its descriptor."""
        body = json.dumps(config).encode()
        described = {"mediaType": CONFIG, "digest": self.blob(body), "size": len(body)}
        manifest = {"schemaVersion": 2, "mediaType": IMAGE, "config": described, "layers": [], **more}
        digest = self.manifest(tag, manifest)
        return {"mediaType": IMAGE, "digest": digest, "size": len(json.dumps(manifest))}

    def index(self, tag: str, images: list[dict[str, Any]], **more: Any) -> str:
        """Push an index of images, and return its digest."""
        return self.manifest(tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": images, **more})

    def _sent(self, method: str, url: str, content: bytes, media: str = "") -> Any:
        headers = {**self._headers, **({"Content-Type": media} if media else {})}
        return urlopen(Request(url, content, headers, method=method))
