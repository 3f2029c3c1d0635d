# A program that does what a list in its descriptor 3 says, and nothing else: no library, no stack.
#
# gcc -nostdlib -static -s -Wl,-z,noseparate-code,--build-id=none -o victim victim.S
#
# An entry has ten words: what to do, the number of a call and its six arguments, the result, and
# where a child goes on. A list ends with a call that does not return.
        .globl  _start
        .set    LIST, 0x100000000
        .set    SIZE, 0x400000
        .set    STORE, 2
        .set    LOAD, 3
        .set    CLONE, 4
        .set    OPEN, 5                 # what it returns is kept
        .set    USE, 6                  # its first argument is what was kept
_start: mov     $9, %eax                # mmap(LIST, SIZE, RW, SHARED|FIXED|POPULATE, 3, 0)
        movabs  $LIST, %rdi
        mov     $SIZE, %esi
        mov     $3, %edx
        mov     $0x8011, %r10d
        mov     $3, %r8d
        xor     %r9d, %r9d
        syscall
        mov     %rax, %rbx
next:   mov     (%rbx), %rax
        cmp     $STORE, %rax
        je      store
        cmp     $LOAD, %rax
        je      load
        mov     16(%rbx), %rdi
        cmp     $USE, %rax
        cmove   %r12, %rdi
        mov     8(%rbx), %rax
        mov     24(%rbx), %rsi
        mov     32(%rbx), %rdx
        mov     40(%rbx), %r10
        mov     48(%rbx), %r8
        mov     56(%rbx), %r9
        syscall
        mov     (%rbx), %rcx
        cmp     $OPEN, %rcx
        cmove   %rax, %r12
        cmp     $CLONE, %rcx
        jne     done
        test    %rax, %rax
        jz      child
done:   mov     %rax, 64(%rbx)
        add     $80, %rbx
        jmp     next
child:  mov     72(%rbx), %rbx
        jmp     next
store:  mov     16(%rbx), %rax
        mov     24(%rbx), %rcx
        mov     %cl, (%rax)
        xor     %eax, %eax
        jmp     done
load:   mov     16(%rbx), %rax
        movzbl  (%rax), %eax
        jmp     done
