"""What the invented company promises: open from nine to ten, sooner for VIPs and complaints."""

from scrm.demo.timing import CLOSES, OPENS
from scrm.model.conversation import Priority
from scrm.model.service import OpenSpan, Schedule, ServiceSettings, SlaPolicy

_DAY = (OpenSpan(opens=f"{OPENS:%H:%M}", closes=f"{CLOSES:%H:%M}"),)

SERVICE = ServiceSettings(
    schedule=Schedule(always=False, week=(_DAY,) * 7),
    policies=(
        SlaPolicy(name="VIP 客户", vip=True, first_response=120, next_response=180, resolution=2 * 3600),
        SlaPolicy(
            name="加急", priorities=(Priority.URGENT, Priority.HIGH), first_response=180, next_response=300,
            resolution=4 * 3600,
        ),
        SlaPolicy(name="一般", first_response=300, next_response=600, resolution=8 * 3600),
    ),
)  # fmt: skip
