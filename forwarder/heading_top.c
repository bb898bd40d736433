#include "heading.h"

#include "buf.h"
#include "clock.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { LINE_COLUMNS = 78 };

/* ---- rules ------------------------------------------------------- */

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* "Mon, 23 Nov 2026 10:00:00 +0000" and "Nov232026.100000.000000" */
static void show_time(struct heading_rules *rules, int64_t wall_ns)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	int micros = (int)(wall_ns % NS_PER_S / 1000);
	struct tm t;
	long zone;

	if (wall_ns < 0 || localtime_r(&seconds, &t) == NULL) {
		micros = 0;
		seconds = 0;
		gmtime_r(&seconds, &t);
	}
	zone = t.tm_gmtoff / 60;
	text_format(rules->date, sizeof rules->date,
		"%s, %02d %s %04d %02d:%02d:%02d %c%02ld%02ld", days[t.tm_wday],
		t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour,
		t.tm_min, t.tm_sec, zone < 0 ? '-' : '+',
		(zone < 0 ? -zone : zone) / 60, (zone < 0 ? -zone : zone) % 60);
	text_format(rules->stamp, sizeof rules->stamp,
		"%s%02d%04d.%02d%02d%02d.%06d", months[t.tm_mon], t.tm_mday,
		t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec, micros);
}

/* A name that is no local part leaves the number, which always is one. */
static void find_login(struct heading_rules *rules, const struct origin *o)
{
	char number[16];

	if (o->user[0] != '\0'
		&& mailboxes_join(
			   o->user, strlen(o->user), o->host, rules->login)
			== 0)
		return;
	text_format(number, sizeof number, "%u", (unsigned int)o->uid);
	if (mailboxes_join(number, strlen(number), o->host, rules->login) != 0)
		rules->login[0] = '\0';
}

void heading_rules_init(struct heading_rules *rules,
	const struct input_config *input, const struct header_config *header,
	const struct origin *origin)
{
	memset(rules, 0, sizeof *rules);
	rules->input = input;
	rules->header = header;
	rules->has_origin = origin != NULL;
	if (origin == NULL)
		return;
	rules->origin = *origin;
	show_time(rules, origin->created_ns);
	find_login(rules, origin);
}

/* ---- Received ---------------------------------------------------- */

struct folded {
	struct buf *out;
	size_t column;
};

/* A word after a blank, on a line of its own where it does not fit. */
static void put_word(struct folded *f, const char *word, size_t len)
{
	if (f->column + 1 + len > LINE_COLUMNS) {
		buf_puts(f->out, "\n");
		f->column = 0;
	}
	buf_puts(f->out, " ");
	buf_append(f->out, word, len);
	f->column += 1 + len;
}

static void put_words(struct folded *f, struct buf *words)
{
	if (words->err != 0)
		f->out->err = words->err;
	else
		put_word(f, words->data, words->len);
	buf_reset(words);
}

/* What users say, without what has a meaning in a field. */
static void put_safe(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text > 0x20 && *text < 0x7f
			&& strchr("()<>\\;\"", *text) == NULL)
			buf_append(out, text, 1);
		else
			buf_puts(out, "?");
}

static void put_user(struct buf *out, const struct origin *o)
{
	buf_puts(out, "(");
	if (o->user[0] != '\0') {
		buf_puts(out, "user=");
		put_safe(out, o->user);
		buf_puts(out, " ");
	}
	buf_printf(out, "uid=%u job=%s)", (unsigned int)o->uid, o->job_id);
}

static bool has_field(const struct heading *h, enum header_field field)
{
	return (h->compose.header.seen & header_bit(field)) != 0;
}

/* Who is named in Bcc is named nowhere else; nobody knows who of them is. */
static bool may_name_recipient(const struct heading *h, const struct mail *m)
{
	return m->recipient_count == 1 && !has_field(h, HEADER_BCC)
		&& !has_field(h, HEADER_RESENT_BCC);
}

static void put_received(struct buf *out, const struct heading *h,
	const char *helo, const struct mail *m)
{
	const struct heading_rules *rules = h->rules;
	const struct origin *o = &rules->origin;
	struct folded f = { out, strlen("Received:") };
	struct buf words;

	buf_init(&words);
	buf_puts(out, "Received:");
	buf_puts(&words, "from ");
	put_safe(&words, helo[0] != '\0' ? helo : o->host);
	put_words(&f, &words);
	if (rules->header->has_user_info) {
		put_user(&words, o);
		put_words(&f, &words);
	}
	buf_printf(&words, "by %s (jesfs)", o->host);
	put_words(&f, &words);
	f.column = LINE_COLUMNS; /* a line of its own */
	if (rules->header->has_user_info)
		buf_printf(&words, "with spool id %s.%u", o->job_id, m->number);
	else
		buf_printf(&words, "with spool id D%07llu.%u",
			(unsigned long long)o->dataset, m->number);
	if (may_name_recipient(h, m)) {
		put_words(&f, &words);
		buf_printf(&words, "for <%s>", m->recipients[0]);
	}
	buf_puts(&words, ";");
	put_words(&f, &words);
	put_word(&f, rules->date, strlen(rules->date));
	buf_puts(out, "\n");
	buf_fini(&words);
}

/* ---- the others -------------------------------------------------- */

/* Only what may stand in a dot-atom: a job name may have an "@". */
static void put_atom(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text != '@')
			buf_append(out, text, 1);
	buf_puts(out, ".");
}

/*
 * The parts of CSSMTP's, the host behind an "@", without which RFC 5322 does
 * not take it. Without job name and id the data set's number keeps two of the
 * same microsecond apart.
 */
static void put_message_id(
	struct buf *out, const struct heading_rules *rules, uint32_t number)
{
	const struct origin *o = &rules->origin;

	buf_puts(out, "Message-ID: <");
	if (rules->header->has_user_info) {
		if (o->job_name[0] != '\0')
			put_atom(out, o->job_name);
		put_atom(out, o->job_id);
		buf_printf(out, "%s", rules->stamp);
	} else {
		buf_printf(out, "%s.%llu", rules->stamp,
			(unsigned long long)o->dataset);
	}
	buf_printf(out, ".%u@%s>\n", number, o->host);
}

static void put_origin(struct buf *out, const struct origin *o)
{
	buf_puts(out, "X-JES-Origin: user=");
	put_safe(out, o->user);
	buf_printf(out, "; uid=%u; job=%s\n", (unsigned int)o->uid, o->job_id);
}

/* Local parts are as they are, domains in any case. */
static bool is_same_mailbox(const char *a, const char *b)
{
	const char *at_a = strrchr(a, '@');
	const char *at_b = strrchr(b, '@');

	return at_a != NULL && at_b != NULL && at_a - a == at_b - b
		&& strncmp(a, b, (size_t)(at_a - a)) == 0
		&& text_equals_nocase(at_a, strlen(at_a), at_b);
}

/* Whether who wrote the mail is not who it says it is from. */
static bool needs_sender(struct heading *h)
{
	const struct heading_rules *rules = h->rules;

	if (!rules->header->adds_sender || rules->login[0] == '\0'
		|| !has_field(h, HEADER_FROM))
		return false;
	mailboxes_finish(&h->from);
	return h->authors != 1 || !is_same_mailbox(h->author, rules->login);
}

static void put_fields(
	struct buf *out, struct heading *h, const char *helo, struct mail *m)
{
	const struct heading_rules *rules = h->rules;
	const char *from = m->reverse_path;

	put_received(out, h, helo, m);
	if (rules->header->adds_origin)
		put_origin(out, &rules->origin);
	if (m->drops_sender)
		buf_printf(out, "Sender: <%s>\n", rules->login);
	if (rules->header->adds_from && !has_field(h, HEADER_FROM)) {
		if (from[0] != '\0')
			buf_printf(out, "From: <%s>\n", from);
		else
			buf_printf(out, "From: <MAILER-DAEMON@%s>\n",
				rules->origin.host);
	}
	if (rules->header->adds_date && !has_field(h, HEADER_DATE))
		buf_printf(out, "Date: %s\n", rules->date);
	if (!has_field(h, HEADER_MESSAGE_ID))
		put_message_id(out, rules, m->number);
}

/* Octets as sent: each LF becomes CR LF. */
static uint64_t sent_size(const char *fields, size_t len)
{
	uint64_t size = len;
	size_t i;

	for (i = 0; i < len; i++)
		size += fields[i] == '\n';
	return size;
}

static bool is_encoded(const struct heading *h, const struct mail *m)
{
	return h->encodes && m->has_long_line && h->rules->has_origin
		&& heading_long_line_fault(h) == NULL;
}

/*
 * Who reads an encoded text has to be told so. Of what character set it is is
 * said as AddMime has it.
 */
static unsigned int encoded_mime(const struct heading *h, bool is_8bit)
{
	unsigned int mime = MAIL_MIME_QUOTED;

	if (!has_field(h, HEADER_MIME_VERSION))
		mime |= MAIL_MIME_VERSION;
	if (h->rules->header->adds_mime && !has_field(h, HEADER_CONTENT_TYPE))
		mime |= MAIL_MIME_TYPE | (is_8bit ? 0 : MAIL_MIME_ASCII);
	return mime;
}

static unsigned int plain_mime(const struct heading *h, bool is_8bit)
{
	if (!is_8bit || !h->rules->header->adds_mime
		|| has_field(h, HEADER_MIME_VERSION)
		|| has_field(h, HEADER_CONTENT_TYPE)
		|| has_field(h, HEADER_CONTENT_TRANSFER_ENCODING))
		return 0;
	return MAIL_MIME_VERSION | MAIL_MIME_TYPE | MAIL_MIME_8BIT;
}

static void settle_mime(const struct heading *h, bool is_8bit, struct mail *m)
{
	char fields[HEADING_MIME_MAX] = "";
	size_t len;

	m->mime = plain_mime(h, is_8bit);
	if (is_encoded(h, m)) {
		m->mime = encoded_mime(h, is_8bit);
		m->has_8bit = h->transfer.is_8bit;
	}
	len = heading_mime(m->mime, "", fields);
	m->size_octets += sent_size(fields, len);
}

int heading_end(
	struct heading *h, const char *helo, bool is_8bit, struct mail *m)
{
	struct buf out;
	size_t len;

	m->drops_sender = false;
	settle_mime(h, is_8bit, m);
	if (h->rules->has_origin) {
		m->drops_sender = needs_sender(h);
		buf_init(&out);
		put_fields(&out, h, helo, m);
		m->added = buf_steal(&out, &len);
		buf_fini(&out);
		if (m->added == NULL)
			return -ENOMEM;
		m->size_octets += sent_size(m->added, len);
	}
	if (m->drops_sender)
		m->size_octets -= h->sender_octets;
	m->size_octets += (uint64_t)h->growth;
	return 0;
}

/* ---- MIME -------------------------------------------------------- */

/* The name MIME has for it: RFC 2978; most are the same. */
static const char *mime_charset(const char *charset, char *room, size_t cap)
{
	static const struct {
		const char *iconv;
		const char *mime;
	} names[] = { { "", "utf-8" }, { "UTF-8", "utf-8" },
		{ "UTF8", "utf-8" }, { "ASCII", "us-ascii" },
		{ "EUCJP", "euc-jp" }, { "EUC-JP", "euc-jp" },
		{ "ISO2022JP", "iso-2022-jp" }, { "EUCKR", "euc-kr" },
		{ "IBM850", "ibm850" } };
	static const struct {
		const char *iconv;
		const char *mime;
	} families[] = { { "ISO8859-", "iso-8859-" },
		{ "CP125", "windows-125" } };
	size_t i, len;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equals_nocase(
			    charset, strlen(charset), names[i].iconv))
			return names[i].mime;
	for (i = 0; i < sizeof families / sizeof *families; i++) {
		len = strlen(families[i].iconv);
		if (strlen(charset) >= len
			&& text_equals_nocase(
				charset, len, families[i].iconv)) {
			text_format(room, cap, "%s%s", families[i].mime,
				charset + len);
			return room;
		}
	}
	text_copy(room, cap, charset);
	return room;
}

static void put_type(unsigned int mime, const char *charset, char *out)
{
	char room[CONFIG_PAGE_MAX + 8];
	size_t len = strlen(out);

	if ((mime & MAIL_MIME_ASCII) != 0)
		charset = "ASCII";
	text_format(out + len, HEADING_MIME_MAX - len,
		"Content-Type: text/plain; charset=%s\n",
		mime_charset(charset, room, sizeof room));
}

static void put_encoding(const char *name, char *out)
{
	size_t len = strlen(out);

	text_format(out + len, HEADING_MIME_MAX - len,
		"Content-Transfer-Encoding: %s\n", name);
}

size_t heading_mime(unsigned int mime, const char *charset,
	char out[static HEADING_MIME_MAX])
{
	out[0] = '\0';
	if ((mime & MAIL_MIME_VERSION) != 0)
		text_copy(out, HEADING_MIME_MAX, "MIME-Version: 1.0\n");
	if ((mime & MAIL_MIME_TYPE) != 0)
		put_type(mime, charset, out);
	if ((mime & MAIL_MIME_8BIT) != 0)
		put_encoding("8bit", out);
	if ((mime & MAIL_MIME_QUOTED) != 0)
		put_encoding("quoted-printable", out);
	return strlen(out);
}
