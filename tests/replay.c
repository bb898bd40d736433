/*
 * replay - gives a fuzzer the inputs that were kept, one file each.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* In memory of its exact size, so that sanitizers see one octet too many. */
static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *octets = NULL;
	int err = -1;
	long len = -1;

	if (f == NULL)
		return -1;
	if (fseek(f, 0, SEEK_END) == 0)
		len = ftell(f);
	rewind(f);
	if (len >= 0)
		octets = malloc(len > 0 ? (size_t)len : 1);
	if (octets != NULL && fread(octets, 1, (size_t)len, f) == (size_t)len)
		err = LLVMFuzzerTestOneInput(octets, (size_t)len);
	free(octets);
	fclose(f);
	return err;
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (replay(argv[i]) != 0) {
			perror(argv[i]);
			return 1;
		}
	return 0;
}
