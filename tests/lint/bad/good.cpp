// Nothing wrong here: it stands beside what is, when files are looked at together.
int twice(int value) { return 2 * value; }
