"""Official images of Docker Hub are named without a slash, and are in its folder `library`."""

from dataclasses import dataclass, field

import pytest

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.registry.tag import TagArgs, TagProbe

pytestmark = pytest.mark.anyio


@dataclass
class Registry:
    """A registry by its host that refuses every request, and keeps their paths and scopes."""

    host: str
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def endpoint(self) -> "Registry":
        return self

    @property
    def client(self) -> "Registry":
        return self

    async def response(self, method: str, path: str, scope: str, timeout: float, accept: str = "") -> None:
        self.asked.append((path, scope))
        raise ProbeError(FaultKind.REFUSED, self.host)


@pytest.mark.parametrize(
    ("host", "image", "repository"),
    [
        ("registry-1.docker.io", "nginx:1.27", "library/nginx"),
        ("registry-1.docker.io", "docker.io/nginx:1.27", "library/nginx"),
        ("index.docker.io", "docker.io/library/nginx:1.27", "library/nginx"),
        ("registry-1.docker.io", "grafana/grafana:1.27", "grafana/grafana"),
        ("registry.example.test", "nginx:1.27", "nginx"),
    ],
)
async def test_an_official_image_is_in_the_folder_library(host: str, image: str, repository: str) -> None:
    registry = Registry(host)
    with pytest.raises(ProbeError, match=host):
        await TagProbe(registry, Question(TagArgs(image=image), 5.0, 60.0)).read()  # type: ignore[arg-type]
    assert registry.asked == [(f"/v2/{repository}/manifests/1.27", f"repository:{repository}:pull")]
