/* SPDX-License-Identifier: MIT */
/* nothing.c -- what any program takes, from spawn to exit. */
int main(void)
{
	return 0;
}
