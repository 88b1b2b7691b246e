#!/usr/bin/env bash
# tests/emulated.sh FOLDER PROGRAM...
#
# Runs statically linked doctest programs with MINIGRAD_ISA=avx512 on a processor with AVX-512, which this machine need
# not have: bochs emulates a PC, instruction by instruction, that boots Linux from a CD with the programs on it. Needs
# bochs and xorriso, and in FOLDER/debian the files of Debian's packages linux-image-cloud-amd64, busybox-static,
# isolinux and syslinux-common. FOLDER/serial.txt grows by what the programs print; in the end it comes out in the form
# of ctest's log, for count.awk. Ends with the first program that fails, by a non-zero exit status.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$1"
shift
rm -rf system cd serial.txt
mkdir -p system/{bin,dev,proc,sys,tmp,programs} "system$root" cd/isolinux

# The system: busybox, the programs, what some of them read, and a script that runs them.
cp debian/bin/busybox system/bin
cp -r "$root"/{docs,examples,include,tests} "system$root"
names=()
for program in "$@"; do
  names+=("${program##*/}")
  strip -o "system/programs/${program##*/}" "$program"
done
cat > system/init <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
echo 1 > /proc/sys/kernel/printk  # the serial line is for the tests
export MINIGRAD_ISA=avx512
number=0
for name in ${names[*]}; do
  number=\$((number + 1))
  echo "\$number/$# Test: \$name"
  if /programs/\$name --no-intro --no-version --no-colors; then echo "Test Passed."; else echo "Test Failed." && break; fi
done
sleep 1  # until the last line has gone out
poweroff -f
INIT
chmod +x system/init
(cd system && find . | bin/busybox cpio -o -H newc) > cd/system

# The CD. This bochs misstates how much room compacted vector registers need, so that Linux would do without any of
# them: it is told to save them the plain way.
cp debian/boot/vmlinuz-* cd/linux
cp debian/usr/lib/ISOLINUX/isolinux.bin debian/usr/lib/syslinux/modules/bios/ldlinux.c32 cd/isolinux
cat > cd/isolinux/isolinux.cfg <<'BOOT'
default linux
label linux
kernel /linux
initrd /system
append console=ttyS0 quiet mitigations=off nokaslr cryptomgr.notests clearcpuid=xsaves,xsavec
BOOT
xorriso -as mkisofs -quiet -o cd.iso -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 \
  -boot-info-table cd

cat > bochsrc <<'PC'
cpu: model=corei7_skylake_x, ips=20000000
memory: guest=1024, host=1024
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=cd.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=serial.txt
clock: sync=none
display_library: term
sound: driver=dummy
log: bochs.log
panic: action=fatal
PC
# Its debugger waits for "continue"; that the PC is switched off counts as an error.
TERM=vt100 timeout -s KILL 3600 bochs -f bochsrc <<< c > screen.txt 2>&1 || true
tr -d '\r' < serial.txt | sed -n '/^1\/.* Test: /,$p' | tee tests.log
[ "$(grep -c '^Test Passed\.$' tests.log)" = $# ]
