"""The words on the web page itself, in every language; what the bot says comes in letters."""

from collections.abc import Mapping

from locales import Words


def texts(words: Words) -> Mapping[str, str]:
    """The texts of the chat page and of the stage, by the names that chat.js and stage.js know them by."""
    return _writing(words) | _files(words) | _states(words) | _stage(words)


def _writing(words: Words) -> dict[str, str]:
    return {
        "language": words.t("Language"),
        "log": words.t("Conversation"),
        "you": words.t("You"),
        # TRANSLATORS: the field where people type, while it is empty.
        "write": words.t("Write here"),
        "send": words.t("Send"),
        "private": words.t("Only you see this"),
        # TRANSLATORS: a button that opens the lines of a report that may be changed.
        "change": words.t("Change"),
        "forget": words.t("Delete this chat"),
        "forget_ask": words.t(
            "Delete this chat from this phone? No answer can reach you here then. Sent reports stay sent."
        ),
        "forget_yes": words.t("Delete"),
        # TRANSLATORS: a button: do not delete the chat.
        "forget_no": words.t("Keep the chat"),
        "forgotten": words.t("Deleted. You can close this page now."),
    }


def _files(words: Words) -> dict[str, str]:
    return {
        "attach": words.t("Send a photo, a video or a sound"),
        "record": words.t("Record your voice"),
        "recording": words.t("Recording"),
        "stop": words.t("Stop and send"),
        "throw": words.t("Throw the recording away"),
        "photo": words.t("Photo"),
        "video": words.t("Video"),
        "voice": words.t("Voice message"),
        "document": words.t("File"),
        "pin": words.t("Place on the map"),
        "not_shown": words.t("too large to show here"),
    }


def _states(words: Words) -> dict[str, str]:
    return {
        "sending": words.t("Sending…"),
        "unsent": words.t("Not sent"),
        "again": words.t("Try again"),
        # TRANSLATORS: a button beside a message that could not be sent: give it up.
        "drop": words.t("Do not send"),
        "offline": words.t("No connection. What you wrote is kept and will be sent."),
        "long": words.t("This text is too long. Please send it in parts."),
        "large": words.t("This file is too large. Please send a smaller one, at most {mb} MB.", mb=20),
        "type": words.t("I can take photos, videos and voice messages, but no other files."),
        "unreadable": words.t("This could not be sent."),
        "no_place": words.t("Your phone does not say where it is. Please choose from the list, or write the place."),
        "no_voice": words.t("The microphone cannot be used here. You can write, or send a sound file."),
    }


def _stage(words: Words) -> dict[str, str]:
    return {
        "practice": words.t("Practice"),
        "practice_note": words.t("Everything here stays on this computer. No report reaches real officers."),
        "fill": words.t("Fill a day of practice cases"),
        "filled": words.t("Practice cases made:"),
        "fill_failed": words.t("That did not work. Please try again."),
    }
