"""Invented people's names, as they are written in Pakistan, in both scripts."""

from random import Random

FIRST = (
    ("Ayesha", "عائشہ"), ("Fatima", "فاطمہ"), ("Zainab", "زینب"), ("Maryam", "مریم"),
    ("Hira", "حرا"), ("Sana", "ثنا"), ("Nadia", "نادیہ"), ("Amna", "آمنہ"), ("Iqra", "اقرا"),
    ("Sadia", "سعدیہ"), ("Bushra", "بشریٰ"), ("Rabia", "رابعہ"), ("Shabnam", "شبنم"),
    ("Muhammad Ali", "محمد علی"), ("Ahmed", "احمد"), ("Bilal", "بلال"), ("Usman", "عثمان"),
    ("Hassan", "حسن"), ("Hamza", "حمزہ"), ("Omar", "عمر"), ("Imran", "عمران"), ("Kamran", "کامران"),
    ("Faisal", "فیصل"), ("Tariq", "طارق"), ("Saad", "سعد"), ("Zeeshan", "ذیشان"), ("Gul", "گل"),
    ("Rehan", "ریحان"), ("Waqas", "وقاص"), ("Noman", "نعمان"), ("Abdullah", "عبداللہ"),
)  # fmt: skip
LAST = (
    ("Khan", "خان"), ("Malik", "ملک"), ("Qureshi", "قریشی"), ("Sheikh", "شیخ"), ("Raza", "رضا"),
    ("Javed", "جاوید"), ("Iqbal", "اقبال"), ("Noor", "نور"), ("Hussain", "حسین"), ("Baig", "بیگ"),
    ("Shah", "شاہ"), ("Gilani", "گیلانی"), ("Bhatti", "بھٹی"), ("Chaudhry", "چودھری"),
    ("Rehman", "رحمٰن"), ("Baloch", "بلوچ"), ("Mengal", "مینگل"), ("Soomro", "سومرو"),
    ("Afridi", "آفریدی"), ("D'Souza", "ڈیسوزا"), ("Abbasi", "عباسی"), ("Yousaf", "یوسف"),
)  # fmt: skip
READS_URDU = 0.25
WRITES_URDU = 0.6
"""Of those who read Urdu: how many write their name so."""


def name(rng: Random) -> tuple[str, str, str]:
    """A full name, the same in Latin letters as cards print it, and the person's language."""
    first, last = rng.choice(FIRST), rng.choice(LAST)
    latin, urdu = (f"{first[n]} {last[n]}" for n in (0, 1))
    if rng.random() >= READS_URDU:
        return latin, latin, "en"
    return (urdu if rng.random() < WRITES_URDU else latin), latin, "ur"
