"""Registry source: the tags of an image registry with the API of the OCI (Docker Hub, GHCR, Harbor, ECR, GitLab, …)."""

from time import perf_counter

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Health, Kind, ProbeKind
from mmcockpit.sources.common.endpoint import EndpointOptions, off
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.registry.client import RegistryClient
from mmcockpit.sources.registry.tag import TagArgs, TagProbe
from mmcockpit.sources.registry.values import TagValue

CHECK_TIMEOUT_S = 5.0
_NOT_LET_IN = {FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN}
_ANSWERED = {*_NOT_LET_IN, FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR, FaultKind.NOT_FOUND}


class RegistryOptions(EndpointOptions):
    """Where the registry is; `user` and `password` also sign in to the token server that it names."""


class RegistrySource:
    """One registry, polled over HTTP; without a valid response, a ProbeError names the host."""

    def __init__(self, options: RegistryOptions, secrets: Secrets) -> None:
        self.client = RegistryClient(options, secrets)
        self.endpoint = self.client.endpoint

    async def check(self) -> Health:
        """Read the version of the API, with the credential that the registry asks for."""
        began = perf_counter()
        try:
            response = await self.client.response("GET", "/v2/", "", CHECK_TIMEOUT_S)
            if response.status != 200:
                raise self.client.refusal(response, "/v2/")
        except ProbeError as fault:
            return Health(fault.kind in _ANSWERED, False, missing=("version",), message=fault.message)
        version = response.headers.get("docker-distribution-api-version", "OCI registry")
        return Health(True, True, version, round((perf_counter() - began) * 1000, 1))

    async def close(self) -> None:
        """Close the clients."""
        await self.client.close()


PROBES = {"tag": ProbeKind(TagArgs, TagProbe, TagValue)}

KIND = Kind(
    options=RegistryOptions,
    open=RegistrySource,
    probes=PROBES,
    unverified=off,
    target=lambda options: options.url,
)
