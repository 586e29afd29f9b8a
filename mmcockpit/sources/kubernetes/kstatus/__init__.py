"""Whether a Kubernetes object is what its specification asks for, by the kstatus conventions."""

from mmcockpit.sources.kubernetes.kstatus.document import Readiness as Readiness
from mmcockpit.sources.kubernetes.kstatus.document import Status as Status
from mmcockpit.sources.kubernetes.kstatus.readiness import readiness as readiness
