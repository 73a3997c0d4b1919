"""Sample findings: "approximations populated with placeholder values" (GuardDuty user guide)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from moto.utilities.utils import get_partition

from aws_sandbox.guardduty.answers import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_sandbox.guardduty.state import Detector, SampleFinding

_OF_KUBERNETES: Final = {
    "CredentialAccess": (
        *("MaliciousIPCaller", "MaliciousIPCaller.Custom", "SuccessfulAnonymousAccess"),
        *("TorIPCaller", "AnomalousBehavior.SecretsAccessed"),
    ),
    "DefenseEvasion": (
        *("MaliciousIPCaller", "MaliciousIPCaller.Custom", "SuccessfulAnonymousAccess"),
        "TorIPCaller",
    ),
    "Discovery": (
        *("MaliciousIPCaller", "MaliciousIPCaller.Custom", "SuccessfulAnonymousAccess"),
        *("TorIPCaller", "AnomalousBehavior.PermissionChecked"),
    ),
    "Execution": (
        *("ExecInKubeSystemPod", "AnomalousBehavior.ExecInPod"),
        "AnomalousBehavior.WorkloadDeployed",
    ),
    "Impact": (
        *("MaliciousIPCaller", "MaliciousIPCaller.Custom", "SuccessfulAnonymousAccess"),
        "TorIPCaller",
    ),
    "Persistence": (
        *("ContainerWithSensitiveMount", "MaliciousIPCaller", "MaliciousIPCaller.Custom"),
        *("SuccessfulAnonymousAccess", "TorIPCaller"),
        "AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount",
    ),
    "Policy": (
        *("AdminAccessToDefaultServiceAccount", "AnonymousAccessGranted"),
        *("ExposedDashboard", "KubeflowDashboardExposed"),
    ),
    "PrivilegeEscalation": (
        *("PrivilegedContainer", "AnomalousBehavior.WorkloadDeployed!PrivilegedContainer"),
        *("AnomalousBehavior.RoleBindingCreated", "AnomalousBehavior.RoleCreated"),
    ),
}

EVERY_TYPE: Final = (
    *(
        f"{purpose}:Kubernetes/{family}"
        for purpose, families in _OF_KUBERNETES.items()
        for family in families
    ),
    "Recon:EC2/PortProbeUnprotectedPort",
    "UnauthorizedAccess:EC2/SSHBruteForce",
    "CryptoCurrency:EC2/BitcoinTool.B!DNS",
    "Policy:IAMUser/RootCredentialUsage",
    "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
    "Policy:S3/BucketBlockPublicAccessDisabled",
    "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin",
    "Backdoor:Lambda/C&CActivity.B",
)
"""What a call without types makes: all types of EKS audit logs, and some of the other plans."""

_SEVERITY: Final = 5.0
_PURPOSES: Final = (
    "AttackSequence|Backdoor|Behavior|CredentialAccess|CryptoCurrency|DefenseEvasion|Discovery|"
    "Execution|Exfiltration|Impact|InitialAccess|Object|PenTest|Persistence|Policy|"
    "PrivilegeEscalation|Recon|Stealth|Trojan|UnauthorizedAccess"
)


@dataclass(frozen=True)
class _Placeholder:
    resource_type: str
    resource_id: str
    details: Mapping[str, Any]


_RESOURCES: Final = {
    "Kubernetes": _Placeholder(
        "EKSCluster",
        "GeneratedFindingEKSClusterName",
        {"EksClusterDetails": {"Name": "GeneratedFindingEKSClusterName", "Status": "ACTIVE"}},
    ),
    "EC2": _Placeholder(
        "Instance", "i-99999999", {"InstanceDetails": {"InstanceId": "i-99999999"}}
    ),
    "IAMUser": _Placeholder(
        "AccessKey",
        "GeneratedFindingAccessKeyId",
        {
            "AccessKeyDetails": {
                "AccessKeyId": "GeneratedFindingAccessKeyId",
                "UserName": "GeneratedFindingUserName",
            }
        },
    ),
    "S3": _Placeholder("S3Bucket", "bucketName", {"S3BucketDetails": [{"Name": "bucketName"}]}),
    "RDS": _Placeholder(
        "RDSDBInstance",
        "GeneratedFindingDBInstanceId",
        {"RdsDbInstanceDetails": {"DbInstanceIdentifier": "GeneratedFindingDBInstanceId"}},
    ),
    "Lambda": _Placeholder(
        "Lambda",
        "GeneratedFindingLambdaFunctionName",
        {"LambdaDetails": {"FunctionName": "GeneratedFindingLambdaFunctionName"}},
    ),
}
_RESOURCES["Runtime"] = _RESOURCES["EC2"]
_RESOURCES["EKS"] = _RESOURCES["Kubernetes"]
_TYPE: Final = re.compile(rf"(?:{_PURPOSES}):(?P<affected>{'|'.join(_RESOURCES)})/[\w.!&]+")


def is_type(text: str) -> bool:
    """Whether a text has the form of a finding type: purpose, affected resource, family."""
    return _TYPE.fullmatch(text) is not None


def resource_id(finding_type: str) -> str:
    """The id of the resource that samples of a type have."""
    return _placeholder(finding_type).resource_id


def finding(sample: SampleFinding, detector: Detector, region: str) -> dict[str, Any]:
    """A sample as GetFindings tells it."""
    source = f"{detector.detector_id}/{sample.finding_type}"
    finding_id = hashlib.sha256(source.encode()).hexdigest()[:32]
    placeholder = _placeholder(sample.finding_type)
    partition = get_partition(region)
    return {
        "AccountId": detector.account_id,
        "Arn": (
            f"arn:{partition}:guardduty:{region}:{detector.account_id}:detector/"
            f"{detector.detector_id}/finding/{finding_id}"
        ),
        "CreatedAt": timestamp(sample.created_at),
        "Description": "A sample: nothing of the kind has happened.",
        "Id": finding_id,
        "Partition": partition,
        "Region": region,
        "Resource": {"ResourceType": placeholder.resource_type, **placeholder.details},
        "SchemaVersion": "2.0",
        "Service": {
            "AdditionalInfo": {"Value": '{"sample":true}', "Type": "default"},
            "Archived": False,
            "Count": sample.count,
            "DetectorId": detector.detector_id,
            "EventFirstSeen": timestamp(sample.created_at),
            "EventLastSeen": timestamp(sample.updated_at),
            "ServiceName": "guardduty",
        },
        "Severity": _SEVERITY,
        "Title": f"[SAMPLE] {sample.finding_type}",
        "Type": sample.finding_type,
        "UpdatedAt": timestamp(sample.updated_at),
    }


def _placeholder(finding_type: str) -> _Placeholder:
    return _RESOURCES[finding_type.partition(":")[2].partition("/")[0]]
