"""Sign-in, the own account, administration. allauth knows some pages by other names, hence the pairs."""

from django.urls import path

from .views import administration, own, sign_in

urlpatterns = [
    path("login/", sign_in.sign_in, name="account_login"),
    path("login/", sign_in.sign_in, name="login"),
    path("login/code/", sign_in.sign_in_code, name="mfa_authenticate"),
    path("login/code/", sign_in.sign_in_code, name="login_code"),
    path("logout/", sign_in.sign_out, name="account_logout"),
    path("logout/", sign_in.sign_out, name="logout"),
    path("invitation/<str:key>/<str:token>/", sign_in.invitation, name="invitation"),
    path("language/", own.set_language, name="set_language"),
    path("account/", own.account, name="account"),
    path("account/keys/", own.set_keys, name="set_keys"),
    path("account/password/", own.password_change, name="password_change"),
    path("account/second-factor/", own.second_factor, name="second_factor"),
    path("account/recovery-codes/", own.recovery_codes, name="recovery_codes"),
    path("admin/", administration.index, name="administration"),
    path("admin/users/", administration.users, name="users"),
    path("admin/users/new/", administration.user_new, name="user_new"),
    path("admin/users/<str:username>/", administration.user_detail, name="user_detail"),
    path("admin/users/<str:username>/change/", administration.user_change, name="user_change"),
    path("admin/users/<str:username>/end/", administration.user_end, name="user_end"),
    path("admin/users/<str:username>/invite/", administration.user_invite, name="user_invite"),
    path("admin/users/<str:username>/factor/", administration.user_factor_reset, name="user_factor_reset"),
    path("admin/users/<str:username>/roles/", administration.role_grant, name="role_grant"),
    path("admin/users/<str:username>/roles/<int:number>/end/", administration.role_end, name="role_end"),
    path("admin/sites/", administration.sites, name="sites"),
    path("admin/sites/new/", administration.site_new, name="site_new"),
    path("admin/sites/<str:number>/", administration.site_edit, name="site_edit"),
    path("admin/roles/", administration.roles, name="roles"),
]
