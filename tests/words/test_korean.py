"""Particles after values: the form that a Korean reader says."""

from __future__ import annotations

import unicodedata

import pytest

from vmlab.words.korean import (
    CONSONANT,
    PARTICLES,
    RIEUL,
    VOWEL,
    ending,
    particle_after,
    with_particles,
)

# How each digit is read: 영 일 이 삼 사 오 육 칠 팔 구.
DIGITS = dict(zip("0123456789", "영일이삼사오육칠팔구", strict=True))
# The names of the letters: 에이 비 씨 디 …
LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "에이 비 씨 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 알 에스 티 유 브이"
        " 더블유 엑스 와이 제트".split(),
        strict=True,
    )
)
# English words and names of Linux, and how Korean says them.
WORDS = dict(
    line.split()
    for line in """
    page 페이지
    frame 프레임
    stack 스택
    heap 힙
    text 텍스트
    data 데이터
    kernel 커널
    file 파일
    table 테이블
    process 프로세스
    thread 스레드
    buffer 버퍼
    fault 폴트
    fork 포크
    vfork 브이포크
    clone 클론
    mmap 엠맵
    munmap 언맵
    mremap 리맵
    mprotect 엠프로텍트
    madvise 엠어드바이즈
    mlock 엠락
    brk 비알케이
    execve 이그젝브이이
    exec 이그젝
    exit 엑시트
    exit_group 엑시트그룹
    wait 웨이트
    kill 킬
    read 리드
    write 라이트
    open 오픈
    close 클로즈
    stat 스탯
    pipe 파이프
    dup 덥
    sync 싱크
    futex 퓨텍스
    bit 비트
    check 체크
    block 블록
    lock 락
    offset 오프셋
    limit 리밋
    root 루트
    node 노드
    type 타입
    hook 훅
    loop 루프
    step 스텝
    swap 스왑
    map 맵
    list 리스트
    mapping 매핑
    return 리턴
    flag 플래그
    path 패스
    index 인덱스
    true 트루
    timeout 타임아웃
    do_page_fault 두페이지폴트
    vm_area_struct 브이엠에어리어스트럭트
    find_vma 파인드브이엠에이
    anon_vma 아논브이엠에이
    mm 엠엠
    mm_struct 엠엠스트럭트
    task_struct 태스크스트럭트
    rip 알아이피
    rsp 알에스피
    VMA 브이엠에이
    PTE 피티이
    TLB 티엘비
    MMU 엠엠유
    CPU 씨피유
    PID 피아이디
    RAM 램
    COW 카우
    ELF 엘프
    NULL 널
    ASLR 에이에스엘알
    EINVAL 이인밸
    ENOMEM 이노멤
    EFAULT 이폴트
    EACCES 이액세스
    EAGAIN 이어게인
    EPERM 이펌
    SIGSEGV 시그세그브이
    SIGBUS 시그버스
    SIGKILL 시그킬
    SIGSTOP 시그스톱
    MAP_SHARED 맵셰어드
    MAP_PRIVATE 맵프라이빗
    MAP_FIXED 맵픽스드
    PROT_READ 프롯리드
    PROT_WRITE 프롯라이트
    PROT_EXEC 프롯이그젝
    PROT_NONE 프롯논
    VM_GROWSDOWN 브이엠그로스다운
    SEEK_SET 시크셋
    SEEK_CUR 시크커
    KiB 키비바이트
    """.strip().splitlines()
)


def hangul_ending(word: str) -> str:
    """What a word in Hangul ends in, by Unicode's own parts of a syllable."""
    parts = unicodedata.normalize("NFD", word[-1])
    if len(parts) == 2:
        return VOWEL
    return RIEUL if parts[-1] == "\u11af" else CONSONANT


def test_every_syllable_of_hangul() -> None:
    for number in range(ord("가"), ord("힣") + 1):
        assert ending(chr(number)) == hangul_ending(chr(number)), chr(number)


@pytest.mark.parametrize(("digit", "name"), DIGITS.items())
def test_every_digit(digit: str, name: str) -> None:
    for text in (digit, f"2{digit}", f"0x4{digit}", f"0xf{digit}", f"-{digit}", f"{digit}."):
        assert ending(text) == hangul_ending(name), text


@pytest.mark.parametrize(
    ("number", "name"),
    [(10, "십"), (200, "이백"), (3000, "삼천"), (10**4, "만"), (10**8, "억"), (10**11, "천억")],
)
def test_round_numbers(number: int, name: str) -> None:
    assert ending(str(number)) == ending(f"{number:,}") == hangul_ending(name)


@pytest.mark.parametrize(("number", "name"), [(10**12, "조"), (2 * 10**15, "조"), (10**16, "경")])
def test_large_round_numbers(number: int, name: str) -> None:
    assert ending(str(number)) == ending(f"{number:,}") == hangul_ending(name)


@pytest.mark.parametrize("digit", "0123456789abcdef")
def test_every_hexadecimal_digit(digit: str) -> None:
    name = DIGITS.get(digit) or LETTERS[digit]
    for text in (f"0x1{digit}", f"0x{digit}", f"7f00{digit}", f"00401000-0040200{digit}"):
        assert ending(text) == hangul_ending(name), text
    assert ending(f"0X{digit}".upper()) == hangul_ending(name)


@pytest.mark.parametrize(("letter", "name"), LETTERS.items())
def test_every_letter_alone(letter: str, name: str) -> None:
    for text in (letter, letter.upper(), f"rw-{letter}", f"64{letter.upper()}"):
        if not letter.isdigit():
            assert ending(text) == hangul_ending(name), text


@pytest.mark.parametrize(("word", "name"), WORDS.items())
def test_english_words_as_korean_reads_them(word: str, name: str) -> None:
    for text in (word, f"[{word}]", f"/lib/{word}", f'"{word}"', f"{word} (14)"):
        assert ending(text) == hangul_ending(name), text


@pytest.mark.parametrize(
    ("particle", "forms"),
    [
        ("은", "물은 방은 나는"),
        ("이", "물이 방이 나가"),
        ("을", "물을 방을 나를"),
        ("과", "물과 방과 나와"),
        ("으로", "물로 방으로 나로"),
        ("이나", "물이나 방이나 나나"),
        ("이라", "물이라 방이라 나라"),
        ("이며", "물이며 방이며 나며"),
        ("이고", "물이고 방이고 나고"),
        ("이면", "물이면 방이면 나면"),
    ],
)
def test_every_particle_after_every_kind_of_ending(particle: str, forms: str) -> None:
    assert [word + particle_after(word, particle) for word in "물방나"] == forms.split()


def test_all_particles_are_tested_above() -> None:
    assert len(PARTICLES) == 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("é", "é을(를)"),
        ("", "을(를)"),
        ("?", "?을(를)"),
        ("페이지 폴트(page table)", "페이지 폴트(page table)를"),
        ("(힙)", "(힙)을"),
        ("50 %", "50 %를"),
        ("_", "_을(를)"),
    ],
)
def test_what_stands_around_a_word_is_not_read(text: str, said: str) -> None:
    assert text + particle_after(text, "을") == said


@pytest.mark.parametrize(
    ("particle", "both"), [("으로", "(으)로"), ("이나", "(이)나"), ("이", "이(가)")]
)
def test_both_forms_stand_where_nobody_knows(particle: str, both: str) -> None:
    assert particle_after("§", particle) == both


def test_values_stand_as_the_translation_has_them() -> None:
    values = {"addr": 0x404000, "pfn": 14, "path": "/a", "n": 3}
    said = with_particles("{addr:#x|을} 프레임 {pfn:|으로}, {path!r:|은} {n:>3}", values)
    assert said == "0x404000을 프레임 14로, '/a'는   3"
