#include "netdata.h"

#include <string.h>

enum {
	FILES_MAX = 32, /* bits of a set of them; there are two at most */
	NAME_LEN = 6,   /* of a control record: INMR01 */

	KEY_INMTERM = 0x0028,
	KEY_INMRECFM = 0x0049,
	KEY_INMUTILN = 0x1028,
	KEY_INMNUMF = 0x102f,

	RECFM_ASA = 0x0400,
	RECFM_MACHINE = 0x0200,
};

/* EBCDIC: the same in all its pages. */
static const char inmr[] = "\xc9\xd5\xd4\xd9\xf0";            /* INMR0 */
static const char inmcopy[] = "\xc9\xd5\xd4\xc3\xd6\xd7\xe8"; /* INMCOPY */

/* Octets that are read from their start; never past their end. */
struct octets {
	const unsigned char *at;
	size_t left;
};

struct text_unit {
	uint32_t key;
	uint32_t count;      /* of values */
	struct octets value; /* the first one; empty if there is none */
};

void netdata_init(struct netdata *n, enum input_carriage carriage)
{
	memset(n, 0, sizeof *n);
	n->carriage = carriage;
}

void netdata_add(struct netdata *n, const char *octets, size_t len)
{
	size_t room =
		n->len < sizeof n->control ? sizeof n->control - n->len : 0;

	memcpy(n->control + (sizeof n->control - room), octets,
		len < room ? len : room);
	n->len += len;
}

static bool take_number(struct octets *o, size_t len, uint32_t *out)
{
	uint32_t value = 0;

	if (o->left < len)
		return false;
	for (; len > 0; len--, o->left--)
		value = value << 8 | *o->at++;
	*out = value;
	return true;
}

static bool take_value(struct octets *o, struct octets *out)
{
	uint32_t len;

	if (!take_number(o, 2, &len) || o->left < len)
		return false;
	*out = (struct octets){ o->at, len };
	o->at += len;
	o->left -= len;
	return true;
}

static bool take_unit(struct octets *o, struct text_unit *out)
{
	struct octets value;
	uint32_t i;

	out->value = (struct octets){ o->at, 0 };
	if (!take_number(o, 2, &out->key) || !take_number(o, 2, &out->count))
		return false;
	for (i = 0; i < out->count; i++) {
		if (!take_value(o, &value))
			return false;
		if (i == 0)
			out->value = value;
	}
	return true;
}

/* A value of up to four octets; 0 when it is none. */
static uint32_t number_of(const struct text_unit *u)
{
	struct octets value = u->value;
	uint32_t number = 0;

	if (value.left <= sizeof number
		&& !take_number(&value, value.left, &number))
		return 0;
	return number;
}

static enum input_carriage carriage_of(uint32_t recfm)
{
	if (recfm & RECFM_ASA)
		return CARRIAGE_ASA;
	return recfm & RECFM_MACHINE ? CARRIAGE_MACHINE : CARRIAGE_NONE;
}

static void read_header(struct netdata *n, struct octets units)
{
	struct text_unit unit;

	n->phase = NETDATA_HEAD;
	while (take_unit(&units, &unit))
		if (unit.key == KEY_INMNUMF)
			n->file_count = number_of(&unit);
}

/*
 * The first record of a file has its own form; the steps that follow it are
 * how it was packed.
 */
static const char *read_file(struct netdata *n, struct octets units)
{
	struct text_unit unit;
	uint32_t file, bit;

	if (!take_number(&units, 4, &file) || file == 0 || file > FILES_MAX)
		return "INMR02 without a file number";
	bit = UINT32_C(1) << (file - 1);
	while (take_unit(&units, &unit)) {
		if (unit.key == KEY_INMTERM) {
			n->messages |= bit;
		} else if (unit.key == KEY_INMUTILN) {
			if (unit.value.left < sizeof inmcopy - 1
				|| memcmp(unit.value.at, inmcopy,
					   sizeof inmcopy - 1)
					!= 0)
				n->packed |= bit;
		} else if (unit.key == KEY_INMRECFM
			&& !n->has_carriage[file - 1]) {
			n->has_carriage[file - 1] = true;
			n->carriages[file - 1] = carriage_of(number_of(&unit));
		}
	}
	return NULL;
}

/* INMR03: the data of the next file follows. */
static const char *begin_data(struct netdata *n)
{
	uint32_t bit;

	if (n->phase == NETDATA_DATA)
		n->has_read = true;
	n->phase = NETDATA_OTHER;
	if (++n->file > FILES_MAX)
		return "more than 32 files";
	bit = UINT32_C(1) << (n->file - 1);
	if (n->has_read || ((n->messages & bit) != 0 && n->file_count != 1))
		return NULL;
	if (n->packed & bit)
		return "a library or enciphered: XMIT a member with SEQ";
	n->phase = NETDATA_DATA;
	if (n->has_carriage[n->file - 1])
		n->carriage = n->carriages[n->file - 1];
	return NULL;
}

static const char *end_all(struct netdata *n)
{
	bool has_read = n->has_read || n->phase == NETDATA_DATA;

	n->phase = NETDATA_OVER;
	return has_read ? NULL : "no data set in it";
}

static const char *read_control(struct netdata *n, struct octets o)
{
	unsigned char which;

	if (o.left < NAME_LEN || memcmp(o.at, inmr, NAME_LEN - 1) != 0)
		return "a control record is not INMR";
	which = o.at[NAME_LEN - 1] & 0x0f;
	o.at += NAME_LEN;
	o.left -= NAME_LEN;
	if ((which == 1) != (n->phase == NETDATA_BEGUN))
		return "it does not begin with INMR01";
	switch (which) {
	case 1:
		read_header(n, o);
		return NULL;
	case 2:
		return read_file(n, o);
	case 3:
		return begin_data(n);
	case 6:
		return end_all(n);
	default:
		return NULL;
	}
}

const char *netdata_end_control(struct netdata *n)
{
	size_t len = n->len < sizeof n->control ? n->len : sizeof n->control;

	n->len = 0;
	return read_control(n, (struct octets){ n->control, len });
}
