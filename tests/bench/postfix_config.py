"""The configuration of a Postfix that only relays to one server."""

# What every run has: all mail goes to the sink, 16 deliveries at once,
# connections are kept, and nothing slows intake down on purpose.
COMMON = """\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
myhostname = bench.invalid
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:{sink}
alias_maps =
alias_database =
in_flow_delay = 0
default_destination_concurrency_limit = 16
initial_destination_concurrency = 16
smtp_connection_cache_destinations = [127.0.0.1]:{sink}
"""

# Debian's own setting, without the parts that need more than loopback.
PLAIN = """\
smtpd_relay_restrictions = permit_mynetworks, reject
"""

# What a postmaster who only relays may turn on or off for speed.
TUNED = """\
smtpd_relay_restrictions =
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_delay_reject = no
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_connection_cache_time_limit = 60s
connection_cache_ttl_limit = 60s
smtp_connection_reuse_time_limit = 3600s
smtp_destination_concurrency_failed_cohort_limit = 0
local_header_rewrite_clients =
receive_override_options = no_unknown_recipient_checks,
    no_address_mappings, no_header_body_checks
qmgr_message_active_limit = 40000
qmgr_message_recipient_limit = 40000
max_use = 10000
"""

# Nothing leaves, as while every target is down.
DEFER = "defer_transports = smtp\n"

SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
retry unix - - n - - error
error unix - - n - - error
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
"""

# Without these two mail is taken, and stays where it was put.
MOVERS = """\
pickup unix n - n 60 1 pickup
qmgr unix n - n 300 1 qmgr
"""

# Folders of a queue: name, whether the group of postdrop has it, mode.
FOLDERS = (
    ("active", False, 0o700), ("bounce", False, 0o700),
    ("corrupt", False, 0o700), ("defer", False, 0o700),
    ("deferred", False, 0o700), ("flush", False, 0o700),
    ("hold", False, 0o700), ("incoming", False, 0o700),
    ("private", False, 0o700), ("saved", False, 0o700),
    ("trace", False, 0o700), ("public", True, 0o710),
    ("maildrop", True, 0o730),
)
