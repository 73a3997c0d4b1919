"""The step "Install" of the workflows as it stands; the tests of the workflows leave it out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.project import ROOT
from tests.support.machine import no_proxy
from tests.support.workflows.machine import repository_of
from tests.support.workflows.workflow_file import read_workflow

pytestmark = pytest.mark.slow
