#include "message_envelope.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was found ---------------------------------------------- */

/* One is told of each line; the data set is held for the first. */
static void note_bad_recipient(
	struct message_envelope *e, const struct mailbox *found)
{
	static const char *const texts[] = {
		[MAILBOXES_GOOD] =
			"501 5.1.3 JES Null path is no recipient address,",
		[MAILBOXES_SYNTAX] =
			"501 5.1.3 JES Syntax error in recipient address,",
		[MAILBOXES_LONG] = "501 5.1.3 JES Recipient address too long,",
		[MAILBOXES_NON_ASCII] =
			"553 5.6.7 JES Local part is not ASCII,",
	};

	e->has_bad_recipient = true;
	if (e->has_fault)
		return;
	e->has_fault = true;
	e->fault_line = e->line;
	bsmtp_reply(e->fault, texts[found->fault], found->text, found->len);
}

static void add_recipient(
	struct message_envelope *e, struct mail *m, const struct mailbox *found)
{
	int err;

	if (found->fault != MAILBOXES_GOOD || found->path[0] == '\0') {
		note_bad_recipient(e, found);
		return;
	}
	err = mail_add_recipient(m, found->path);
	if (err != 0 && e->err == 0)
		e->err = err;
}

/* One that is wrong leaves it to the next field. */
static void set_sender(struct message_envelope *e, enum message_sender sender,
	const struct mailbox *found)
{
	if (found->fault != MAILBOXES_GOOD || e->has_sender[sender])
		return;
	if (found->path[0] == '\0' && sender != MESSAGE_RETURN_PATH)
		return;
	e->has_sender[sender] = true;
	text_copy(e->senders[sender], sizeof e->senders[sender], found->path);
}

static void on_mailbox(void *arg, const struct mailbox *found)
{
	struct message_envelope *e = arg;

	if (found->fault == MAILBOXES_MEMORY) {
		e->err = -ENOMEM;
		return;
	}
	if (found->fault == MAILBOXES_GOOD)
		e->has_question |= strchr(found->path, '?') != NULL;
	switch (e->field) {
	case HEADER_TO:
	case HEADER_CC:
	case HEADER_BCC:
		add_recipient(e, e->plain, found);
		break;
	case HEADER_RESENT_TO:
	case HEADER_RESENT_CC:
	case HEADER_RESENT_BCC:
		add_recipient(e, e->resent, found);
		break;
	case HEADER_RETURN_PATH:
		set_sender(e, MESSAGE_RETURN_PATH, found);
		break;
	case HEADER_SENDER:
		set_sender(e, MESSAGE_SENDER, found);
		break;
	case HEADER_FROM:
		set_sender(e, MESSAGE_FROM, found);
		break;
	case HEADER_RESENT_SENDER:
		set_sender(e, MESSAGE_RESENT_SENDER, found);
		break;
	case HEADER_RESENT_FROM:
		set_sender(e, MESSAGE_RESENT_FROM, found);
		break;
	default:
		break;
	}
}

/* ---- fields ------------------------------------------------------ */

static bool is_resent(enum header_field field)
{
	return field >= HEADER_RESENT_BCC && field <= HEADER_RESENT_TO;
}

static bool has_mailboxes(enum header_field field)
{
	switch (field) {
	case HEADER_TO:
	case HEADER_CC:
	case HEADER_BCC:
	case HEADER_RETURN_PATH:
	case HEADER_SENDER:
	case HEADER_FROM:
		return true;
	case HEADER_RESENT_DATE:
	case HEADER_RESENT_MESSAGE_ID:
		return false;
	default:
		return is_resent(field);
	}
}

/* Returns false for a Resent field below the topmost block of them. */
static bool take_block(struct message_envelope *e, enum header_field field)
{
	if (field == HEADER_RECEIVED || field == HEADER_RETURN_PATH)
		e->is_block_over |= e->block != 0;
	if (!is_resent(field))
		return true;
	e->is_block_over |= (e->block & header_bit(field)) != 0;
	e->block |= header_bit(field);
	return !e->is_block_over;
}

static void end_field(struct message_envelope *e)
{
	if (e->field != HEADER_OTHER)
		mailboxes_finish(&e->mailboxes);
	e->is_doubtful |= e->has_replaced && e->has_question;
	e->has_replaced = false;
	e->has_question = false;
	e->field = HEADER_OTHER;
}

void message_envelope_doubt(struct message_envelope *e)
{
	e->has_replaced |= e->field != HEADER_OTHER;
}

bool message_envelope_is_doubtful(const struct message_envelope *e)
{
	return e->is_doubtful;
}

void message_envelope_look(struct message_envelope *e,
	const struct compose_part *part, uint64_t line)
{
	size_t skip = 0;

	if (part->is_field) {
		end_field(e);
		if (take_block(e, part->field) && has_mailboxes(part->field))
			e->field = part->field;
		skip = header_name_length(part->text, part->len) + 1;
	}
	if (e->field == HEADER_OTHER || part->field != e->field)
		return;
	e->line = line;
	mailboxes_feed(&e->mailboxes, part->text + skip, part->len - skip);
}

/* ---- the envelope ------------------------------------------------ */

int message_envelope_init(struct message_envelope *e, const char *host)
{
	memset(e, 0, sizeof *e);
	mailboxes_init(&e->mailboxes, host, on_mailbox, e);
	e->plain = mail_new("");
	e->resent = mail_new("");
	if (e->plain != NULL && e->resent != NULL)
		return 0;
	message_envelope_fini(e);
	return -ENOMEM;
}

void message_envelope_fini(struct message_envelope *e)
{
	mail_free(e->plain);
	mail_free(e->resent);
}

static struct mail *chosen(const struct message_envelope *e)
{
	return e->block != 0 ? e->resent : e->plain;
}

const char *message_envelope_end(struct message_envelope *e)
{
	end_field(e);
	if (chosen(e)->recipient_count > 0)
		return NULL;
	if (e->has_bad_recipient)
		return "554 5.5.1 JES No valid recipients";
	if (e->block != 0)
		return "554 5.5.1 JES No recipients in Resent-To, Resent-Cc "
		       "or Resent-Bcc";
	return "554 5.5.1 JES No recipients in To, Cc or Bcc";
}

static const char *sender(const struct message_envelope *e, const char *login)
{
	enum message_sender first = MESSAGE_RETURN_PATH;
	enum message_sender end = MESSAGE_RESENT_SENDER;

	if (e->block != 0) {
		first = MESSAGE_RESENT_SENDER;
		end = MESSAGE_SENDERS;
	}
	for (; first < end; first++)
		if (e->has_sender[first])
			return e->senders[first];
	return login;
}

struct mail *message_envelope_mail(
	struct message_envelope *e, const char *login)
{
	struct mail *m = chosen(e);
	const char *path = mail_keep(m, sender(e, login));

	if (path == NULL)
		return NULL;
	m->reverse_path = path;
	mail_end_recipients(m);
	return m;
}

void message_envelope_release(struct message_envelope *e)
{
	if (e->block != 0)
		e->resent = NULL;
	else
		e->plain = NULL;
}
