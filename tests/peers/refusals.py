"""Messages that are not sent, and the words of the reason."""

NOBODY = "554 5.5.1 JES No recipients in To, Cc or Bcc"
NOBODY_AGAIN = "554 5.5.1 JES No recipients in Resent-To, Resent-Cc or"
NO_HEADER = "554 5.6.0 JES Neither header field nor empty line, "
NO_EMPTY_LINE = "554 5.6.0 JES No empty line after the header"
BAD_RECIPIENT = "501 5.1.3 JES Syntax error in recipient address, "

# Those for nobody: Python reads no recipient in them, either.
FOR_NOBODY = {
    "python/msg_11.txt": NOBODY,
    "python/msg_18.txt": NOBODY,
    "python/msg_23.txt": NOBODY,
    "python/msg_28.txt": NOBODY,
    "python/msg_30.txt": NOBODY,
    "python/msg_31.txt": NOBODY,
    "python/msg_36.txt": NOBODY,
    "python/msg_37.txt": NOBODY,
    "python/msg_38.txt": NOBODY,
    "python/msg_39.txt": NOBODY,
    "python/msg_40.txt": NOBODY,
    # To: undisclosed-recipients: ;
    "bounce/hotpop_01.txt": NOBODY,
    # Resent-Sender and Resent-From, and no Resent-To.
    "bounce/netscape_01.txt": NOBODY_AGAIN,
}

REFUSALS = {
    **FOR_NOBODY,
    "python/msg_19.txt": f"line 1: {NO_HEADER}",
    "python/msg_35.txt": f"line 4: {NO_HEADER}",
    # Its header is all there is of it.
    "enmime/header-only.raw": f"line 7: {NO_EMPTY_LINE}",
    "enmime/erroneous.raw": f"line 1: {NO_HEADER}",
    "enmime/qp-utf8-header-no-break.raw": f"line 11: {NO_HEADER}",
    # Its first line goes on with nothing.
    "enmime-bad/bad-header-start.raw": f"line 1: {NO_HEADER}",
    # Dots where a mailbox has none.
    "bounce/simple_42.txt": f"line 2: {BAD_RECIPIENT}",
}
