// See CMakeLists.txt.
int main() {}
