//! Names of commands: words between blanks, so that they take no more room than their letters.
//!
//! Each list is sorted by bytes: [`has`](super::commands) looks a name up by halves.

/// Commands of Unix that are no words. Sorted.
pub(super) const UNIX: &str = "\
    adduser alpine ansible ansible-config ansible-console ansible-doc ansible-galaxy \
    ansible-inventory ansible-playbook ansible-pull ansible-vault apt apt-get aptitude arp ash \
    aspell awk base32 base64 basenc bash bashbug bpftrace bridge bsdtar busybox byebug bzcat bzip2 c89 c99 capsh \
    cdist certbot chattr chflags chfn chgrp chmod choom chown chpass chpasswd chroot chsh clang \
    clang++ cobc coproc cowsay cowthink cpan cpio cpulimit crontab csh csplit csvtool cupsfilter \
    curl dash dbus-send dhclient dialog dig dmesg dmidecode dmsetup dnf docker dosbox dpkg dvips \
    ebtables egrep enscript eqn esac ethtool fgrep flock fmt ftp ftpstats ftpwho gawk gcc gcore gdb \
    genie genisoimage getfacl ghc ghci gimp ginsh git grep groff groupmod gtester gunzip gzcat gzip \
    hexdump hostname hping3 htop iconv ifconfig ifdown iftop ifup insmod ionice iptables irb ispell \
    jjs journalctl jrunscript julia kadmin killall ksh ksshell kubectl ldconfig lftp lftpget losetup \
    ls lsb_release lscpu lsmod lsof lspci lsusb ltrace lua lualatex luatex lwp-download lwp-request \
    lynx lzcat lzma mawk mkdir mkfifo mknod mlocate modprobe mpstat msfconsole msgattrib mtr mv \
    mysql mysqladmin mysqldump nasm nawk nc ncat netcat netkit-ftp netplan netstat ngrep nmap node \
    nohup npm nproc nroff nsenter nslookup nstat nvim octave openssl openvpn opkg passwd pdflatex \
    pdftex perf perl perl5 perlsh pftp pgrep php php5 php7 pico pidof pidstat pip pkexec pkill popd \
    postgres printenv printf pry psed psftp psql ptx pushd pwd python python2 python3 rbash rcp \
    rdmsr readelf rlogin rlwrap rmdir rmmod rmt rnano rpm rpmquery rsh rsync rtorrent ruby runc \
    rview rvim scp scrot sed setarch setenv setfacl setsid sftp shuf slsh smbclient socat ssh \
    ssh-keygen ssh-keyscan sshpass stdbuf strace su sudo svn sysctl systemctl tasksh tclsh tcpdump \
    tcping tcptraceroute tcsh telnet tftp timedatectl tmux traceroute traceroute6 troff tshark tsort \
    uname uncompress unexpand unlzma unrar unxz unzip updatedb useradd userdel usermod uudecode \
    uuencode vagrant valgrind vi vim vimdiff vipw virsh visudo vmstat wget whiptail whoami whois \
    wireshark wish xargs xelatex xetex xmodmap xmore xpad xterm xxd xz xzcat yarn zathura zcat zgrep \
    zip zrun zsh zsoelim zstd zstdcat zypper";

/// Commands of Unix that are products, too. Sorted.
pub(super) const PRODUCTS: &str = "\
    alpine ansible apt bash busybox clang cobc curl docker gcc gdb ghc gimp git grep gzip irb julia \
    ksh kubectl lua mysql node npm nvim octave openssl openvpn pandoc perl php php5 php7 pip postgres \
    psql python python2 python3 ruby svn tcpdump tmux vagrant valgrind vi vim wget wireshark zsh zypper";

/// Commands of Unix that are words. Sorted.
pub(super) const UNIX_WORDS: &str = "\
    agetty alias arch aria2c as at atobm basename batch bc break builtin bundle cancel cat cc cd \
    check column comm command composer cp crash cut date dd declare df diff dir dirname dirs doas \
    done du easy_install eb echo ed emacs enable env eval ex exec exit expand export expr facter fc \
    fetch file find finger fish fold fping free gem ghost go grc groups halt hash head hg highlight \
    history host hostid id install ip java jobs join jq kill last lastlog lastlogin latex less ln \
    local locale locate logname logsave look lp lz mail mailq mailx make man mc md5sum more \
    mosquitto mount nano nice nl nm od open openvt paste patch pax pdb pg ping pr ps pv python3m \
    rake read readlink realpath reboot red redcarpet rename repeat replace restic rev rm route \
    screen script sed service set sg sh sha1sum sha256sum shutdown sleep snap sort source split \
    sqlite3 ss start-stop-daemon strings sum tac tail tar task taskset tbl tee test tex time timeout \
    tmate top touch tr tree truncate type ul umask unlink unset unshare uptime users w wall watch wc \
    which who write yes yum";

/// Commands of Windows that are no words. Sorted.
pub(super) const WINDOWS: &str = "\
    accesschk adfind appcmd arp attrib auditpol autorunsc bcdedit bitsadmin cacls certreq certutil \
    chcp chdir chkdsk chkntfs cipher clip cmd cmdkey cmstp comp compmgmtlauncher cscript csvde del \
    diskpart diskshadow dism dispdiag dnscmd driverquery dsadd dsget dsmod dsquery erase esentutl \
    eventcreate eventvwr expand explorer findstr forfiles fsutil ftype getmac gpresult gpupdate \
    hostname icacls iexpress installutil ipconfig irm iwr ldifde makecab manage-bde md mklink \
    mofcomp mountvol msbuild msconfig msdt mshta msiexec msinfo32 mstsc nbtstat net net1 netdom \
    netsh netstat nltest notepad nslookup ntdsutil odbcconf openfiles pathping pnputil powercfg \
    powershell procdump psexec pskill psloggedon pushd pwsh qprocess query quser qwinsta rd reg \
    regasm regedit regini regsvcs regsvr32 ren robocopy rundll32 rwinsta sc schtasks sdbinst sdelete \
    setx systeminfo takeown taskkill tasklist tftp tracert tskill tzutil ver vssadmin w32tm wbadmin \
    wecutil wevtutil whoami winrm winrs winver wmic wscript wusa xcacls xcopy";

/// Commands of Windows that are words. Sorted.
pub(super) const WINDOWS_WORDS: &str = "\
    at call cd change cls color convert copy date defrag dir echo exit find finger format ftp help \
    label logoff mode more move msg path pause ping popd print prompt replace reset route runas set \
    shutdown sort start subst time title tree type vol wait where";
