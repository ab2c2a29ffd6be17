"""A paged gallery of test images with their predictions. A click enlarges an image and links it to other pages.

Actions on the images concern the dataset of the run as it is now. What changed since the run stands below an image.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset
from tlcore.data.pixels.thumbnails import THUMBNAIL_PX, thumbnails
from tlcore.errors import TlcoreError
from tlcore.runs.folder.run import Run
from tlcore.words import percent
from ui.shared.acting import show_pictures_to_act_on
from ui.shared.caching import by_path, cache_resource
from ui.shared.datasets import dataset_sources
from ui.shared.labels_now import Label, changed_since, labels_if_editable
from ui.shared.pictures import LARGE_PX, Badge, Picture, PictureGroup, enlarged, show_pictures
from ui.shared.similar import show_similar
from ui.shared.state import carried
from ui.shared.widgets import escape_markdown
from ui.shared.work import work_key

PER_PAGE = 48
GONE = (
    "The images cannot be shown: the dataset of this run was moved or deleted, or its files cannot be read. "
    "The figures stay as they were."
)
NOT_EDITABLE = "These images cannot be edited: the dataset of this run is gone, or not in the list of datasets."
Extra = Callable[[pd.DataFrame], list[str]]


def show_gallery(
    run: Run,
    table: pd.DataFrame,
    key: str,
    *,
    empty: str = "No such images.",
    bind: bool = False,
    per_page: int = PER_PAGE,
    extra: Extra | None = None,
    why: str = "",
    epoch: int | None = None,
) -> None:
    """Images of a run in the order of `table`, which has the rows of `evaluation.tables.predictions_table`.

    `extra` gives one more line of text for each shown row. With `bind`, the address contains the page number. `why`,
    which images these are, is kept with edits of them, together with the name of the run. `epoch` is the one that
    predicts so, by default the best on val.
    """
    if table.empty:
        st.caption(empty)
        return
    why = f"{why}, run {run.name}" if why else f"Run {run.name}"
    st.fragment(_show_page)(run, table, key, "query-params" if bind else None, per_page, extra, why, epoch)


def _show_page(
    run: Run,
    table: pd.DataFrame,
    key: str,
    bind: Literal["query-params"] | None,
    per_page: int,
    extra: Extra | None,
    why: str,
    epoch: int | None,
) -> None:
    pages = math.ceil(len(table) / per_page)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=key, bind=bind)
    rows = table.iloc[(page - 1) * per_page : page * per_page]
    jpegs = _thumbnails(run, list(rows["id"]))
    if not jpegs:
        st.info(GONE, icon=":material/broken_image:")
    lines = extra(rows) if extra else [""] * len(rows)
    source = run.config.data.source
    now = labels_if_editable(source)
    pictures = tuple(
        _picture(row, jpegs.get(row["id"]), line, now) for row, line in zip(rows.to_dict("records"), lines, strict=True)
    )
    groups = [PictureGroup("", pictures)]
    if now is None:
        clicked = show_pictures(groups, f"{key}_pictures")
        st.caption(NOT_EDITABLE)
    else:
        every = [sample_id for sample_id in table["id"] if sample_id in now]
        clicked = show_pictures_to_act_on(source, groups, f"{key}_pictures", every, why=why)
    row = rows[rows["id"] == clicked]
    if len(row):
        _show_enlarged(run, row.to_dict("records")[0], epoch)


@st.dialog("Image", width="medium", icon=":material/image:")
def _show_enlarged(run: Run, row: Mapping[Any, Any], epoch: int | None) -> None:
    """The prediction, the image, and links to other pages that can show it."""
    jpeg = _thumbnails(run, [row["id"]], LARGE_PX).get(row["id"])
    picture, details = st.columns([1.6, 1], gap="medium")
    with picture:
        if jpeg is None:
            st.info(GONE, icon=":material/broken_image:")
        else:
            st.image(enlarged(jpeg), width="stretch")
    with details:
        st.subheader(escape_markdown(row["target"]))
        said = "right" if row["right"] else f"taken for {row['predicted']}"
        lines = {
            "Prediction": f"{said}, {percent(row['confidence'])} sure",
            "Probability of its class": percent(row["target_probability"]),
            "Loss": f"{row['loss']:.3f}",
            "File": row["id"],
        }
        for name, value in lines.items():
            st.caption(f"{name}  \n**{escape_markdown(value)}**")
        _show_links(run, row)
    if not row["right"]:
        show_nearest_in_train(run, row["id"], epoch)


def _show_links(run: Run, row: Mapping[Any, Any]) -> None:
    source = run.config.data.source
    if source not in dataset_sources():
        st.caption("Its dataset is not in the list of datasets.")
        return
    here = carried(dataset=source, run=run.name)
    predict = {**here, "image": row["id"]}
    dataset = {**here, "dataset_search": row["id"]}
    st.page_link("pages/predict.py", label="See why", icon=":material/center_focus_strong:", query_params=predict)
    st.page_link("pages/dataset.py", label="In the dataset", icon=":material/photo_library:", query_params=dataset)


def show_nearest_in_train(run: Run, sample_id: str, epoch: int | None = None) -> None:
    """What the network has learned from that is most like an image which it got wrong, by its features in an epoch."""
    try:
        dataset = _dataset(str(run.path), run)
    except TlcoreError:
        return
    frozen = run.config.strategy.name == "feature_extraction"  # all epochs have the same features
    of_epoch = () if frozen or epoch not in run.epochs() else ("--epoch", str(epoch))
    source = run.config.data.source
    labels = {sample.id: dataset.classes[sample.target] for sample in dataset.split("train")}
    now = labels_if_editable(source)

    def words(name: str) -> tuple[str, ...]:
        changed = "" if now is None else changed_since(labels[name], now.get(name))
        return (labels[name], "train", *filter(None, [changed]))

    show_similar(
        "compare_detail",
        "Nearest training images",
        work_key("neighbours", str(run.path), *of_epoch),
        ["neighbours", "--run", run.name, *of_epoch, "--json"],
        run.config.asked(),
        source,
        sample_id,
        lambda ids: _thumbnails(run, ids),
        words,
        among=list(labels),
    )


def _thumbnails(run: Run, ids: Sequence[str], side_px: int = THUMBNAIL_PX) -> dict[str, bytes]:
    """Id -> JPEG. Unreadable images are missing; if the dataset is gone, all are."""
    try:
        return _made(str(run.path), tuple(ids), side_px, run)
    except TlcoreError:
        return {}


@cache_resource(by_path, max_entries=64, ttl=300, show_spinner=False)
def _made(path: str, ids: tuple[str, ...], side_px: int, _run: Run) -> dict[str, bytes]:
    """Cached: each mark on a picture draws the page of the gallery again."""
    return thumbnails(_dataset(path, _run).source, ids, side_px)


@cache_resource(by_path, max_entries=16, ttl=600, show_spinner=False)
def _dataset(path: str, _run: Run) -> Dataset:
    return open_dataset(_run.config.data, edits=_run.edits())


def _picture(row: Mapping[Any, Any], jpeg: bytes | None, extra: str, now: Mapping[str, Label] | None) -> Picture:
    """`now`: the labels that the images have now, if the dataset can be edited."""
    changed = "" if now is None else changed_since(row["target"], now.get(row["id"]))
    sure = f"{percent(row['confidence'], 0)} sure, loss {row['loss']:.2f}"
    faint = [changed, sure, extra, row["id"].rpartition("/")[2]]
    said = [] if row["right"] else [f"taken for {row['predicted']}"]
    badge = Badge(bool(row["right"]), "right" if row["right"] else "wrong")
    lines = (row["target"], *said, *filter(None, faint))
    return Picture(row["id"], jpeg, lines, badge, can_be_marked=now is None or row["id"] in now)
