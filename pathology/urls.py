from django.urls import URLPattern, URLResolver, path, register_converter

from .views import adjudication, agreement, case, cases, images, imports, reader, reading_drafts, rereads


class CaseCode:
    """`P-7Q2M`: so that no word that is a page of its own is taken for the code of a case."""

    regex = "P-[0-9A-Z]{4,10}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CaseCode, "case")

urlpatterns: list[URLPattern | URLResolver] = [
    path("readings/", reader.readings, name="readings"),
    path("readings/guide/", reader.guide, name="reading_guide"),
    path("readings/<str:code>/", reader.reading, name="reading"),
    path("readings/<str:code>/take/", reader.take, name="reading_take"),
    path("readings/<str:code>/draft/", reading_drafts.draft, name="reading_draft"),
    path("readings/<str:code>/draft/drop/", reading_drafts.draft_drop, name="reading_draft_drop"),
    path("readings/<str:code>/recut/", reader.recut, name="reading_recut"),
    path("readings/<str:code>/reopen/", reader.reopen, name="reading_reopen"),
    path("readings/<str:code>/slides/", images.slides, name="reading_slides"),
    path("readings/<str:code>/slides/<int:number>/", images.slide, name="reading_slide"),
    path("readings/<str:code>/slides/<int:number>/seen/", images.seen, name="reading_slide_seen"),
    path(
        "readings/<str:code>/slides/<int:number>/slide.json",
        images.descriptor,
        name="reading_slide_descriptor",
    ),
    path(
        "readings/<str:code>/slides/<int:number>/small.jpeg",
        images.slide_thumbnail,
        name="reading_slide_thumbnail",
    ),
    path("readings/<str:code>/slides/<int:number>/drawings/", images.drawing_add, name="reading_drawing_add"),
    path(
        "readings/<str:code>/slides/<int:number>/drawings/<int:drawing>/remove/",
        images.drawing_remove,
        name="reading_drawing_remove",
    ),
    path(
        "readings/<str:code>/slides/<int:number>/<int:level>/<int:column>_<int:row>.jpeg",
        images.tile,
        name="reading_tile",
    ),
    path("readings/<str:code>/decide/", adjudication.decide, name="reading_decide"),
    path("pathology/", cases.cases, name="pathology"),
    path("pathology/import/", imports.readings_import_page, name="readings_import"),
    path("pathology/import/template/", imports.readings_template, name="readings_template"),
    path("pathology/share/", cases.share, name="cases_share"),
    path("pathology/release/", cases.release, name="cases_release"),
    path("pathology/agreement/", agreement.agreement, name="reader_agreement"),
    path("pathology/agreement/data/<str:name>/", agreement.data, name="agreement_data"),
    path("pathology/agreement/data/<str:name>/csv/", agreement.data_csv, name="agreement_csv"),
    path("pathology/agreement/reports/", agreement.report_ask, name="agreement_reports"),
    path("pathology/agreement/reports/<int:pk>/", agreement.report, name="agreement_report"),
    path(
        "pathology/agreement/reports/<int:pk>/retry/", agreement.report_retry, name="agreement_report_retry"
    ),
    path(
        "pathology/agreement/reports/<int:pk>/download/",
        agreement.report_download,
        name="agreement_report_download",
    ),
    path("pathology/rereads/", rereads.rereads, name="rereads"),
    path("pathology/<case:code>/", case.case, name="case"),
    path("pathology/<case:code>/images/", images.case_images, name="case_images"),
    path("pathology/<case:code>/images/<int:pk>/", images.image_judge, name="case_image"),
    path(
        "pathology/<case:code>/images/<int:pk>/thumbnail.jpeg",
        images.image_thumbnail,
        name="case_image_thumbnail",
    ),
]
