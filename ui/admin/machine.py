"""Whether the work of the visitors is carried out, and how full memory and disk are."""

import streamlit as st

from tlcore.hosting.overview import disk_used, memory, uptime_s
from tlcore.hosting.queue.pulse import worker_health
from tlcore.hosting.settings import host_settings
from tlcore.words import count, seconds, size


def show_machine() -> None:
    st.fragment(_draw, run_every=5.0)()


def _draw() -> None:
    settings, health, used, now = host_settings(), worker_health(), disk_used(), memory()
    if not health.alive:
        st.error("The process that does the visitors' work gives no sign of life.", icon=":material/heart_broken:")
    under_way = f"{health.work}, since {seconds(health.since_s)}" if health.work else "nothing"
    facts = {
        "Worker": "alive" if health.alive else "silent",
        "Under way": under_way,
        "Waiting": count(health.waiting, "piece of work", "pieces of work"),
        "Memory of the worker": f"{size(now.worker)} of {size(settings.worker_bytes)}",
        "Memory of the server": size(now.server),
        "Disk": f"{size(used)} of {size(settings.disk_bytes)}",
        "Server up for": seconds(uptime_s()),
    }
    with st.grid(4, min_column_width=220):
        for label, value in facts.items():
            with st.container(border=True, gap="xxsmall"):
                st.caption(label)
                st.markdown(f"**{value}**")
