"""The health report: the findings with their images, and all of them as a CSV."""

import math

import streamlit as st

from tlcore.data.edits.mends import usual_mend
from tlcore.data.health.audit import Finding, findings_table
from tlcore.words import count
from ui.dataset.data import Report, forget, small_pictures
from ui.dataset.detail import show_image
from ui.dataset.labels import show_summary
from ui.shared.acting import show_pictures_to_act_on
from ui.shared.cached import open_dataset
from ui.shared.pictures import PictureGroup, picture_of
from ui.shared.widgets import escape_markdown

PER_PAGE = 36  # pictures of a finding
IN_GROUP = 12  # pictures of one group
# severity -> (icon, colour, word)
SEVERITIES = {
    "high": (":material/error:", "red", "serious"),
    "medium": (":material/warning:", "orange", "worth a look"),
    "low": (":material/info:", "blue", "good to know"),
}


def headline(report: Report) -> str:
    """The number of findings of each severity, as badges in Markdown."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for finding in report.findings:
        counts[finding.severity] += finding.kind != "remarks"
    found = [(SEVERITIES[name], number) for name, number in counts.items() if number]
    badges = [f":{colour}-badge[{icon} {number} {word}]" for (icon, colour, word), number in found]
    return " ".join(badges) or ":green-badge[:material/check_circle: nothing found]"


def show_health(source: str, report: Report) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("What is wrong or odd with the images, why that matters, and what to do.", width="stretch")
        st.download_button(
            "Findings as CSV",
            data=lambda: findings_table(report.findings, report.table).to_csv(index=False).encode(),
            file_name=f"{open_dataset(source).name}-findings.csv",
            mime="text/csv",
            key="dataset_csv",
            icon=":material/download:",
            disabled=not report.findings,
        )
        if st.button("Check again", key="dataset_check", icon=":material/refresh:", help="After you changed files"):
            forget()
            st.rerun()
    if not report.findings:
        st.success("No duplicates, no leaks, every file can be read.", icon=":material/check_circle:")
    for number, finding in enumerate(report.findings):
        icon, colour, _ = SEVERITIES[finding.severity]
        card = st.expander(
            f":{colour}[{icon}] {escape_markdown(finding.title)}",
            expanded=number == 0,
            key=f"dataset_finding_{finding.kind}",
            on_change="rerun",
        )
        if card.open:
            with card:
                _show_finding(source, report, finding)
    show_summary(source)


@st.fragment
def _show_finding(source: str, report: Report, finding: Finding) -> None:
    _, colour, word = SEVERITIES[finding.severity]
    st.markdown(
        f":{colour}-badge[{word}] {escape_markdown(finding.why)}  \n**What to do:** {escape_markdown(finding.advice)}"
    )
    texts = [group.note for group in finding.groups if not group.ids]
    if texts:
        st.markdown("\n".join(f"- {escape_markdown(text)}" for text in texts))
    groups = [group for group in finding.groups if group.ids]
    if not groups:
        return
    together = [group.ids for group in groups]
    every = list(dict.fromkeys(sample_id for group in groups for sample_id in group.ids))
    single = all(len(group.ids) == 1 for group in groups)
    per_page = PER_PAGE if single else PER_PAGE // 3
    pages = math.ceil(len(groups) / per_page)
    page = st.pagination(pages, key=f"dataset_finding_page_{finding.kind}") if pages > 1 else 1
    groups = groups[(page - 1) * per_page : page * per_page]
    shown = [sample_id for group in groups for sample_id in group.ids[:IN_GROUP]]
    jpegs = small_pictures(source, tuple(shown))
    rows = report.table[report.table["id"].isin(shown)]
    labels = {
        row["id"]: f"{row['class']} · {row['split']}" for row in rows[["id", "class", "split"]].to_dict("records")
    }
    if single:
        pictures = [
            picture_of(group.ids[0], jpegs.get(group.ids[0]), group.note, labels.get(group.ids[0], ""))
            for group in groups
        ]
        drawn = [PictureGroup("", tuple(pictures))]
    else:
        drawn = [
            PictureGroup(
                group.note + (f", {IN_GROUP} of {count(len(group.ids))}" if len(group.ids) > IN_GROUP else ""),
                tuple(picture_of(i, jpegs.get(i), labels.get(i, "")) for i in group.ids[:IN_GROUP]),
            )
            for group in groups
        ]
    clicked = show_pictures_to_act_on(
        source,
        drawn,
        f"dataset_finding_pictures_{finding.kind}",
        every,
        why=f"Health report: {finding.title}",
        finding=finding.kind,
        together=together,
        usual=usual_mend(finding, report.table),
    )
    if clicked:
        show_image(source, clicked)
