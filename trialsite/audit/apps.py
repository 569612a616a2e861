from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "trialsite.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
