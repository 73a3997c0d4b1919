"""Every sentence that a user reads, one file a topic, so that they speak with one voice.

A refusal names the key, the value, the account, and the way out. AWS's messages are quoted whole.
"""

# ruff: noqa: F403 - each file has one topic; callers say `messages.<sentence>`

from __future__ import annotations

from guardduty_eks_audit_logs.messages.accounts_file import *
from guardduty_eks_audit_logs.messages.all_stacks import *
from guardduty_eks_audit_logs.messages.answers import *
from guardduty_eks_audit_logs.messages.caller import *
from guardduty_eks_audit_logs.messages.catalogue import *
from guardduty_eks_audit_logs.messages.choice import *
from guardduty_eks_audit_logs.messages.configuration import *
from guardduty_eks_audit_logs.messages.costs import *
from guardduty_eks_audit_logs.messages.coverage import *
from guardduty_eks_audit_logs.messages.coverage_page import *
from guardduty_eks_audit_logs.messages.coverage_rows import *
from guardduty_eks_audit_logs.messages.credentials import *
from guardduty_eks_audit_logs.messages.delegation import *
from guardduty_eks_audit_logs.messages.doctor import *
from guardduty_eks_audit_logs.messages.documents import *
from guardduty_eks_audit_logs.messages.identity import *
from guardduty_eks_audit_logs.messages.init import *
from guardduty_eks_audit_logs.messages.members import *
from guardduty_eks_audit_logs.messages.organization import *
from guardduty_eks_audit_logs.messages.release import *
from guardduty_eks_audit_logs.messages.report import *
from guardduty_eks_audit_logs.messages.rules import *
from guardduty_eks_audit_logs.messages.run import *
from guardduty_eks_audit_logs.messages.runner import *
from guardduty_eks_audit_logs.messages.stack_files import *
from guardduty_eks_audit_logs.messages.state import *
from guardduty_eks_audit_logs.messages.wording import *
