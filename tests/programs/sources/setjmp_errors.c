/* Exceptions with setjmp and longjmp: a calculator that gives up in the middle of an expression. */
#include <ctype.h>
#include <setjmp.h>
#include <stdio.h>

enum { FINE, SYNTAX, DIVISION, UNCLOSED };
static const char *const messages[] = {"fine", "syntax", "division by zero", "no )"};

static jmp_buf failed;
static const char *next;

static int sum(void);

static int factor(void)
{
    int value = 0;

    if (*next == '(') {
        next++;
        value = sum();
        if (*next++ != ')')
            longjmp(failed, UNCLOSED);
        return value;
    }
    if (!isdigit((unsigned char)*next))
        longjmp(failed, SYNTAX);
    while (isdigit((unsigned char)*next))
        value = value * 10 + *next++ - '0';
    return value;
}

static int product(void)
{
    int value = factor();

    while (*next == '*' || *next == '/') {
        char operator = *next++;
        int right = factor();
        if (operator == '/' && right == 0)
            longjmp(failed, DIVISION);
        value = operator == '*' ? value * right : value / right;
    }
    return value;
}

static int sum(void)
{
    int value = product();

    while (*next == '+' || *next == '-') {
        char operator = *next++;
        int right = product();
        value = operator == '+' ? value + right : value - right;
    }
    return value;
}

static void evaluate(const char *text)
{
    next = text;
    int error = setjmp(failed);
    if (error == FINE)
        printf("%s = %d\n", text, sum());
    else
        printf("%s: %s at %ld\n", text, messages[error], (long)(next - text));
}

int main(void)
{
    evaluate("1+2*3");
    evaluate("(1+2)*(3+4)-5");
    evaluate("8/(4-2*2)");
    evaluate("((7)");
    evaluate("2**3");
    return 0;
}
