/*
 * Transmissions are put together here by the documented layout, octet by
 * octet, with text units that nobody needs among them.
 */
#include "../forwarder/records.h"
#include "buf.h"
#include "support_run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENT_MAX = 253, FILL = 80 };

static struct codepage *page;

static void set_up(void)
{
	ck_assert_int_eq(codepage_open("IBM1047", &page), 0);
}

static void tear_down(void)
{
	codepage_close(page);
}

/* ---- how XMIT makes it -------------------------------------------- */

/* A record in segments: length, flags, octets. */
static void put_record(
	struct buf *out, const char *octets, size_t len, unsigned flags)
{
	size_t n;
	unsigned is_first = NETDATA_FIRST;

	do {
		n = len < SEGMENT_MAX ? len : SEGMENT_MAX;
		unsigned is_last = n == len ? NETDATA_LAST : 0;
		char head[] = { (char)(n + 2),
			(char)(flags | is_first | is_last) };

		buf_append(out, head, sizeof head);
		buf_append(out, octets, n);
		octets += n;
		len -= n;
		is_first = 0;
	} while (len > 0);
}

#define UNITS(text) text, sizeof(text) - 1

#define INMR "\xc9\xd5\xd4\xd9\xf0"
#define INMNUMF(n) "\x10\x2f\0\1\0\1" n
#define INMLRECL "\0\x42\0\1\0\1\x50"
#define INMFTIME "\x10\x24\0\1\0\x04\xf2\xf0\xf2\xf6"
#define INMDSNAM "\0\2\0\2\0\1\xc1\0\2\xc2\xc3"
#define INMCOPY "\x10\x28\0\1\0\7\xc9\xd5\xd4\xc3\xd6\xd7\xe8"
#define IEBCOPY "\x10\x28\0\1\0\7\xc9\xc5\xc2\xc3\xd6\xd7\xe8"
#define INMRECFM(n) "\0\x49\0\1\0\2" n
#define INMTERM "\0\x28\0\0"
#define FILE_1 "\0\0\0\1"
#define FILE_2 "\0\0\0\2"

static void put_control(
	struct buf *out, char which, const char *units, size_t len)
{
	struct buf record;

	buf_init(&record);
	buf_puts(&record, INMR);
	buf_append(&record, &which, 1);
	buf_append(&record, units, len);
	put_record(out, record.data, record.len, NETDATA_CONTROL);
	buf_fini(&record);
}

static void put_header(struct buf *out)
{
	put_control(out, '\xf1', UNITS(INMLRECL INMFTIME INMNUMF("\1")));
}

static void put_end(struct buf *out)
{
	put_control(out, '\xf6', UNITS(""));
	while (out->len % FILL != 0)
		buf_append(out, "\0", 1);
}

/* ---- what is read ------------------------------------------------- */

static void tell(struct buf *told, const struct line *l)
{
	buf_append(told, l->text, l->len);
	if (l->is_end)
		buf_puts(told, "\n");
}

static char *read_step(const struct record_format *format, const char *octets,
	size_t len, size_t step, uint64_t offset, uint64_t number)
{
	static struct records r;
	struct buf told;
	struct line l;
	bool has_line;
	size_t used = 0;
	size_t n;

	records_init(&r, format, offset, number);
	buf_init(&told);
	while (used < len) {
		n = len - used < step ? len - used : step;
		used += records_feed(&r, octets + used, n, &l, &has_line);
		if (has_line)
			tell(&told, &l);
	}
	do {
		records_finish(&r, &l, &has_line);
		if (has_line)
			tell(&told, &l);
	} while (has_line);
	if (records_damage(&r) != NULL)
		buf_printf(&told, "! %s", records_damage(&r));
	buf_append(&told, "", 1);
	return told.data;
}

static void check(const struct buf *in, const char *want)
{
	const struct record_format format = { .form = INPUT_NETDATA,
		.page = page };
	static struct records r;
	struct record_format here;
	struct line l;
	bool has_line = true;
	size_t used = 0;
	char *told;
	size_t step;

	for (step = 1; step < 2 * in->len; step += step < 100 ? 1 : 997) {
		told = read_step(&format, in->data, in->len, step, 0, 1);
		ck_assert_str_eq(told, want);
		free(told);
	}
	records_init(&r, &format, 0, 1);
	while (has_line) {
		used += records_feed(
			&r, in->data + used, in->len - used, &l, &has_line);
		if (!has_line || !l.is_start)
			continue;
		here = records_format(&r);
		told = read_step(&here, in->data + l.offset, in->len - l.offset,
			SIZE_MAX, l.offset, l.number);
		ck_assert_str_eq(told, want + strlen(want) - strlen(told));
		ck_assert_int_eq(*told == '\0', *want == '\0');
		free(told);
	}
}

static void check_and_free(struct buf *in, const char *want)
{
	check(in, want);
	buf_fini(in);
}

/* ---- tests -------------------------------------------------------- */

START_TEST(a_sequential_data_set_is_its_records)
{
	struct buf in;

	buf_init(&in);
	put_header(&in);
	put_control(
		&in, '\xf2', UNITS(FILE_1 INMCOPY INMDSNAM INMRECFM("\x90\0")));
	put_control(&in, '\xf3', UNITS(INMRECFM("\0\1")));
	put_record(&in, "\xc8\xc5\xd3\xd6\x40\xd5\x40\x40", 8, 0);
	put_record(&in, "", 0, 0);
	put_record(&in, "\x81\x15\x25\x4b", 4, 0);
	put_end(&in);
	check_and_free(&in, "HELO N\n\na  .\n");
}
END_TEST

START_TEST(a_record_may_have_many_segments)
{
	static const size_t lengths[] = { 252, 253, 254, 506, 507, 5000 };
	size_t len = lengths[_i];
	char *record = malloc(len);
	struct buf in, want;

	memset(record, 0x81, len);
	record[len - 1] = '\x82';
	buf_init(&in);
	put_header(&in);
	put_control(&in, '\xf2', UNITS(FILE_1 INMCOPY));
	put_control(&in, '\xf3', UNITS(""));
	put_record(&in, record, len, 0);
	put_record(&in, "\x83", 1, 0);
	put_end(&in);
	memset(record, 'a', len);
	record[len - 1] = 'b';
	buf_init(&want);
	buf_append(&want, record, len);
	buf_append(&want, "\nc\n", 4);
	check_and_free(&in, want.data);
	buf_fini(&want);
	free(record);
}
END_TEST

START_TEST(carriage_control_is_told_by_the_transmission)
{
	struct buf in;

	buf_init(&in);
	put_header(&in);
	if (_i == 0)
		put_control(
			&in, '\xf2', UNITS(FILE_1 INMCOPY INMRECFM("\x94\0")));
	else
		put_control(&in, '\xf2',
			UNITS(FILE_1 INMCOPY INMRECFM("\x52\x02")));
	put_control(&in, '\xf3', UNITS(INMRECFM("\0\1")));
	put_record(&in, _i == 0 ? "\xf1\x81\x82" : "\x09\x81\x82", 3, 0);
	put_record(&in, "\x40", 1, 0);
	put_end(&in);
	check_and_free(&in, "ab\n\n");
}
END_TEST

/* A sender's message goes before; other files are not looked at. */
START_TEST(the_first_file_that_is_no_message_is_read)
{
	struct buf in;

	buf_init(&in);
	put_control(&in, '\xf1', UNITS(INMNUMF("\3")));
	put_control(&in, '\xf2', UNITS(FILE_1 INMCOPY INMTERM));
	put_control(&in, '\xf2', UNITS(FILE_2 INMDSNAM INMCOPY));
	put_control(&in, '\xf2', UNITS("\0\0\0\3" IEBCOPY));
	put_control(&in, '\xf3', UNITS(""));
	put_record(&in, "\x84\x84", 2, 0);
	put_control(&in, '\xf3', UNITS(""));
	put_control(&in, '\xf4', UNITS("\0\0"));
	put_record(&in, "\x81", 1, 0);
	put_record(&in, "\0\0\0\7", 4, NETDATA_NUMBER);
	put_record(&in, "\x82", 1, 0);
	put_control(&in, '\xf3', UNITS(""));
	put_record(&in, "\x84\x84", 2, 0);
	put_end(&in);
	check_and_free(&in, "a\nb\n");
}
END_TEST

START_TEST(a_message_alone_is_the_data_set)
{
	struct buf in;

	buf_init(&in);
	put_header(&in);
	put_control(&in, '\xf2', UNITS(FILE_1 INMCOPY INMTERM));
	put_control(&in, '\xf3', UNITS(""));
	put_record(&in, "\x81", 1, 0);
	put_end(&in);
	check_and_free(&in, "a\n");
}
END_TEST

/* Text units whose lengths go beyond their record say nothing. */
static const struct {
	const char *units;
	size_t len;
} broken_units[] = {
	{ UNITS(FILE_1 INMCOPY "\0\x49\0\1\xff\xff\x04") },
	{ UNITS(FILE_1 INMCOPY "\0\x49\xff\xff\0\1\x01\0\2") },
	{ UNITS(FILE_1 INMCOPY "\0\x49") },
	{ UNITS(FILE_1 INMCOPY "\0") },
	{ UNITS(FILE_1 INMCOPY "\0\x49\0\0") },
	{ UNITS(FILE_1 INMCOPY "\0\x49\0\1\0\7\1\2\3\4\5\6\7") },
};

START_TEST(broken_text_units_are_passed_over)
{
	struct buf in;

	buf_init(&in);
	put_header(&in);
	put_control(&in, '\xf2', broken_units[_i].units, broken_units[_i].len);
	put_control(&in, '\xf3', UNITS(""));
	put_record(&in, "\x81", 1, 0);
	put_end(&in);
	check_and_free(&in, "a\n");
}
END_TEST

START_TEST(a_control_record_of_any_length_is_passed_over)
{
	char units[5000];
	struct buf in;

	memset(units, 0, sizeof units);
	buf_init(&in);
	put_header(&in);
	put_control(&in, '\xf2', UNITS(FILE_1 INMCOPY));
	put_control(&in, '\xf4', units, sizeof units);
	put_control(&in, '\xf3', UNITS(""));
	put_record(&in, "\x81", 1, 0);
	put_end(&in);
	check_and_free(&in, "a\n");
}
END_TEST

START_TEST(what_needs_a_program_of_zos_is_refused)
{
	struct buf in;

	buf_init(&in);
	put_header(&in);
	put_control(&in, '\xf2', UNITS(FILE_1 IEBCOPY INMDSNAM));
	put_control(&in, '\xf2', UNITS(FILE_1 INMCOPY));
	put_control(&in, '\xf3', UNITS(""));
	put_record(&in, "\x81", 1, 0);
	put_end(&in);
	check_and_free(
		&in, "! a library or enciphered: XMIT a member with SEQ");
}
END_TEST

static const struct {
	const char *octets;
	size_t len;
	const char *told;
} damaged[] = {
	{ UNITS("HELO N\n"), "! it does not begin with INMR01" },
	{ UNITS("\x03\xc0\x81"), "! it does not begin with INMR01" },
	{ UNITS("\x08\xe0" INMR "\xf3"), "! it does not begin with INMR01" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08\xe0" INMR "\xf1"),
		"! it does not begin with INMR01" },
	{ UNITS("\x08\xe0" INMR "\xf1\x03\xc0\x81"),
		"! it does not begin with INMR01" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08\xe0" INMR "\xf2"),
		"! INMR02 without a file number" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08\xe0" INMR "\xf6"),
		"! no data set in it" },
	{ UNITS("\x08\xe0" INMR "\xf1\x03\xe0\x81"),
		"! a control record is not INMR" },
	{ UNITS("\x08\xe0" INMR "\xf1"), "! it ends without INMR06" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08"), "! it ends within a record" },
	{ UNITS("\x08\xe0" INMR "\xf1\x09\xe0\xc9"),
		"! it ends within a record" },
	{ UNITS("\x08\xe0" INMR "\xf1\1\xe0"),
		"! the length of a segment is wrong" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08\xe0" INMR "\xf3\3\x80\x81\3\x80\x81"),
		"! a record begins within a record" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08\xe0" INMR "\xf3\3\x40\x81"),
		"! a segment of no record" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08\xe0" INMR
		"\xf3\3\x80\x81\x08\xe0" INMR "\xf6"),
		"! a control record within a record" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08\xe0" INMR "\xf3\x08\xa0" INMR
		"\xf6\3\xc0\x81"),
		"! a record within a control record" },
	{ UNITS("\x08\xe0" INMR "\xf1\x08\xe0" INMR "\xf3\3\xc0\x81"),
		"a\n! it ends without INMR06" },
};

START_TEST(damage_is_told)
{
	const struct record_format format = { .form = INPUT_NETDATA,
		.page = page };
	size_t step;
	char *told;

	for (step = 1; step <= damaged[_i].len; step++) {
		told = read_step(&format, damaged[_i].octets, damaged[_i].len,
			step, 0, 1);
		ck_assert_str_eq(told, damaged[_i].told);
		free(told);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("netdata");
	TCase *tests = suite_case(suite, "netdata", 30, set_up, tear_down);

	tcase_add_test(tests, a_sequential_data_set_is_its_records);
	tcase_add_loop_test(tests, a_record_may_have_many_segments, 0, 6);
	tcase_add_loop_test(
		tests, carriage_control_is_told_by_the_transmission, 0, 2);
	tcase_add_test(tests, the_first_file_that_is_no_message_is_read);
	tcase_add_test(tests, a_message_alone_is_the_data_set);
	tcase_add_loop_test(tests, broken_text_units_are_passed_over, 0,
		COUNT(broken_units));
	tcase_add_test(tests, a_control_record_of_any_length_is_passed_over);
	tcase_add_test(tests, what_needs_a_program_of_zos_is_refused);
	tcase_add_loop_test(tests, damage_is_told, 0, COUNT(damaged));
	return suite_run(suite);
}
