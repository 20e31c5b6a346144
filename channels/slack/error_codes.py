"""Slack's errors in the hub's words.

An answer with `ok: false` names its error. Most mean: surely not accepted. A few say of themselves that a part of the
request may have been done all the same: of those nobody knows (`MAYBE_DONE`).

Source: docs.slack.dev/reference/methods/chat.postMessage, files.getUploadURLExternal, files.completeUploadExternal,
conversations.open, users.info, "Errors"; docs.slack.dev/apis/web-api/rate-limits
"""

from scrm.errors import SendError, SendErrorCode

MEANINGS: dict[str, SendErrorCode] = {
    name: code
    for code, names in {
        SendErrorCode.RECIPIENT_UNKNOWN: (
            "channel_not_found", "invalid_channel", "user_not_found", "users_not_found", "user_not_visible",
            "user_disabled", "cannot_dm_bot",
        ),
        SendErrorCode.TOO_LONG: ("msg_too_long", "file_upload_size_restricted", "snippet_too_large"),
        SendErrorCode.UNSUPPORTED_CONTENT: ("no_text",),
        SendErrorCode.MEDIA_REFUSED: ("file_not_found", "file_deleted", "file_update_failed", "storage_limit_reached"),
        SendErrorCode.NOT_PERMITTED: (
            "not_in_channel", "is_archived", "messages_tab_disabled", "missing_scope", "no_permission", "access_denied",
            "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel", "posting_to_channel_denied", "file_uploads_disabled",
            "ekm_access_denied", "not_allowed_token_type", "invalid_user_combination", "two_factor_setup_required",
            "enterprise_is_restricted", "method_not_supported_for_channel_type", "forbidden_team",
        ),
        SendErrorCode.ADDRESS_NOT_ALLOWED: ("accesslimited",),
        SendErrorCode.CREDENTIALS_REFUSED: (
            "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
        ),
        SendErrorCode.RATE_LIMITED: ("ratelimited", "rate_limited", "message_limit_exceeded"),
        # The workspace moves to another organisation; the request came in parts.
        SendErrorCode.PLATFORM_BUSY: (
            "org_login_required", "team_added_to_org", "service_unavailable", "request_timeout",
        ),
    }.items()
    for name in names
}  # fmt: skip
PASSING = (SendErrorCode.RATE_LIMITED, SendErrorCode.PLATFORM_BUSY)
MAYBE_DONE = ("fatal_error", "internal_error")

HINTS = {
    "not_in_channel": "invite the app to the channel",
    "messages_tab_disabled": "switch the Messages tab on under App Home in the app's settings",
    "is_archived": "the channel is archived",
}


def send_error(name: str, *, needed: str = "", retry_after: float | None = None) -> SendError:
    """The error for an answer; one that is not in the table is a certain, final `platform_error`.

    needed: the scope that the token lacks.
    """
    code = MEANINGS.get(name, SendErrorCode.PLATFORM_ERROR)
    detail = HINTS.get(name, "")
    if name == "missing_scope" and needed:
        detail = f"the app lacks the scope {needed}"
    passing = code in PASSING
    return SendError(
        code, retryable=passing, retry_after=retry_after if passing else None, platform_code=name, detail=detail
    )


def shown(value: object) -> str:
    """What Slack calls an error, fit to be shown."""
    said = value if isinstance(value, str) else ""
    return "".join(character for character in said if character.isprintable())[:100]
