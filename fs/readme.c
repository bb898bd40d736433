#include "readme.h"

static const char about[] =
	"This is a jesfs mount: a JES spool seen as files.\n"
	"\n"
	"A file written below spool/WRITER/ is a SYSOUT data set. Closing it\n"
	"submits it; the forwarder attached to that writer sends the mail in\n"
	"it and then removes it. When close() has returned 0 the mail is safe\n"
	"on disk.\n"
	"\n"
	"To send a mail, write it as batch SMTP:\n"
	"\n";

static const char rules[] =
	"Every open for writing makes a new data set, also under a name that\n"
	"is taken: the name is a label, the older data set keeps its place\n"
	"and is listed as JOBID.name. There is nothing to lock and nothing to\n"
	"wait for. What is written is read by its owner and by operators\n"
	"only.\n"
	"\n"
	"To cancel what has not been sent yet, remove JOBID.name; removing\n"
	"the plain name takes away no more than the name. A data set whose\n"
	"writer was killed by a signal is held, unless its last mail is\n"
	"complete.\n"
	"\n"
	"What is closed under a draft name (.x, x~, x.tmp, x.part and the\n"
	"like) is held, and sent when it is renamed to another name. Renaming\n"
	"what is held sends it; to a draft name holds what waits; to another\n"
	"writer's directory gives it to that writer.\n"
	"\n"
	"To look:\n"
	"\n"
	"    status/targets   the target servers and what was sent to them\n"
	"    status/queue     one line for each of your data sets\n"
	"    status/events    what happened to them; tail -f works\n"
	"\n"
	"A data set says more about itself in its extended attributes\n"
	"user.jes.jobid, .writer, .state, .reason and .result.\n";

static void put_example(const char *writer, struct buf *out)
{
	buf_printf(out,
		"cat > spool/%s/hello <<'END'\n"
		"HELO localhost\n"
		"MAIL FROM:<me@example.com>\n"
		"RCPT TO:<you@example.com>\n"
		"DATA\n"
		"Subject: hello\n"
		"\n"
		"Sent through a file.\n"
		".\n"
		"QUIT\n"
		"END\n"
		"\n",
		writer);
}

void readme_render(const char *const *writers, size_t count, struct buf *out)
{
	size_t i;

	buf_puts(out, about);
	put_example(count > 0 ? writers[0] : "WRITER", out);
	if (count > 0) {
		buf_puts(out, "Writers of this mount:");
		for (i = 0; i < count; i++)
			buf_printf(out, " %s", writers[i]);
		buf_puts(out, "\n\n");
	}
	buf_puts(out, rules);
}
