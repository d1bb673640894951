"""Every custom action, made from the services it needs."""

from __future__ import annotations

from dataclasses import dataclass

from rasa_sdk import Action

from actions.answers.actions import ActionDefaultFallback, ActionRestartMenu, ActionRoute
from actions.clock import Clock
from actions.guide.actions import ActionDepartmentPlace
from actions.guide.flow import GuideFlow
from actions.guide.triage import Guide
from actions.handoff.actions import ActionHandoff
from actions.records.vault import Vault
from actions.registration.actions import ActionDoctorSchedule
from actions.registration.booking import BookingFlow
from actions.registration.cancelling import CancelFlow, LookupFlow
from actions.registration.changing import ChangeFlow
from actions.registration.service import Registration
from actions.skin import FlowAction
from knowledge.directory import Directory


@dataclass(frozen=True)
class Services:
    """What the actions stand on."""

    directory: Directory
    registration: Registration
    guide: Guide
    vault: Vault
    clock: Clock


def build_actions(services: Services) -> list[Action]:
    """One of each."""
    desk, directory, vault = services.registration, services.directory, services.vault
    flows = (
        BookingFlow(desk, directory, services.guide, vault, services.clock.now),
        ChangeFlow(desk, directory, services.guide, vault, services.clock.now),
        CancelFlow(desk, vault, directory, services.clock.now),
        LookupFlow(desk, vault),
        GuideFlow(services.guide, directory),
    )
    return [
        *(FlowAction(flow) for flow in flows),
        ActionHandoff(),
        ActionDepartmentPlace(directory),
        ActionDoctorSchedule(desk, directory, services.clock),
        ActionRoute(services.guide, directory),
        ActionDefaultFallback(),
        ActionRestartMenu(),
    ]
