"""A document as PDF: real text with title and language, headings on every page, the same bytes each time."""

from __future__ import annotations

from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.fonts import FontFace
from fpdf.prefs import ViewerPreferences

from openbell import __version__
from openbell.gateway.statements.document import NOTICE, Document, Table
from openbell.gateway.times import NS_PER_S

FONT = "helvetica"
MARGIN = 15
LINE = 5.0
# What is set in a table costs time: more lines than this are in the CSV, and the page says so.
ROWS_MAX = 1_000


class Page(FPDF):
    """A4 pages with the document's name above and the notice below."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4")
        self.document_title = title

    def header(self) -> None:
        """The exchange, and from the second page on what it is a page of."""
        self.set_font(FONT, "B", 9)
        self.cell(0, LINE, "OpenBell", align="L", new_x="LMARGIN", new_y="TOP")
        if self.page_no() > 1:
            self.set_font(FONT, "", 8)
            self.cell(0, LINE, self.document_title, align="R")
        self.ln(2 * LINE)

    def footer(self) -> None:
        """The notice and the page's number."""
        self.set_y(-MARGIN)
        self.set_font(FONT, "", 7)
        self.cell(0, LINE, NOTICE, align="L", new_x="LMARGIN", new_y="TOP")
        self.cell(0, LINE, f"Page {self.page_no()} of {{nb}}", align="R")


def plain(text: str) -> str:
    """`text` in the letters that the standard fonts have."""
    return text.encode("cp1252", "replace").decode("cp1252").encode("latin-1", "replace").decode("latin-1")


def pdf(document: Document) -> bytes:
    """The document's file."""
    page = Page(plain(document.title))
    page.set_title(plain(document.title))
    page.set_lang("en-US")
    page.set_author("OpenBell")
    page.set_creator(f"OpenBell {__version__}")
    page.set_creation_date(datetime.fromtimestamp(document.made_at // NS_PER_S, UTC))
    page.viewer_preferences = ViewerPreferences(display_doc_title=True)
    # Another build of zlib makes other bytes of the same text, so none is used.
    page.set_compression(False)
    page.set_margin(MARGIN)
    page.set_auto_page_break(True, margin=MARGIN + LINE)
    page.add_page()
    page.set_font(FONT, "B", 15)
    page.multi_cell(0, 8, plain(document.title), new_x="LMARGIN", new_y="NEXT")
    page.ln(2)
    for label, said in document.facts:
        page.set_font(FONT, "", 9)
        page.cell(55, LINE, plain(label))
        page.set_font(FONT, "B", 9)
        page.cell(0, LINE, plain(said), new_x="LMARGIN", new_y="NEXT")
    for table in document.tables:
        _set(page, table)
    return bytes(page.output())


def _set(page: FPDF, table: Table) -> None:
    """One table, its headings repeated on each page that it runs over."""
    page.ln(4)
    page.start_section(plain(table.caption))
    page.set_font(FONT, "B", 11)
    page.cell(0, 7, plain(table.caption), new_x="LMARGIN", new_y="NEXT")
    page.set_font(FONT, "", 8)
    if not table.rows:
        page.cell(0, LINE, "None.", new_x="LMARGIN", new_y="NEXT")
        return
    with page.table(
        borders_layout="HORIZONTAL_LINES",
        col_widths=[width for _, width, _ in table.columns],
        headings_style=FontFace(emphasis="BOLD"),
        line_height=LINE,
        text_align=["RIGHT" if numeric else "LEFT" for _, _, numeric in table.columns],
    ) as set_table:
        set_table.row([heading for heading, _, _ in table.columns])
        for row in table.rows[:ROWS_MAX]:
            set_table.row([plain(one) for one in row])
    left_out = len(table.rows) - ROWS_MAX
    note = f"{left_out:,} more lines are in the CSV of this document." if left_out > 0 else table.note
    if note:
        page.cell(0, LINE, plain(note), new_x="LMARGIN", new_y="NEXT")
