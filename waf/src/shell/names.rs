//! Names of commands: words between blanks, so that they take no more room than their letters.
//!
//! Each list is sorted by bytes: [`has`](super::commands) looks a name up by halves.

/// Commands of Unix that are no words. Sorted.
pub(super) const UNIX: &str = "\
    7z 7za 7zr 7zx addgroup adduser alpine ansible ansible-config ansible-console ansible-doc \
    ansible-galaxy ansible-inventory ansible-playbook ansible-pull ansible-vault apparmor_parser \
    apparmor_status apt apt-cache apt-get apt-key aptitude arp ash aspell auditctl aureport \
    ausearch awk base32 base64 basenc bash bashbug bpftrace bridge bsdcat bsdtar bunzip2 busctl \
    busybox byebug bzcat bzcmp bzdiff bzegrep bzexe bzfgrep bzgrep bzip2 bzip2recover bzless \
    bzmore c89 c89-gcc c99 c99-gcc capsh cdist certbot chattr chcon chef-apply chef-client \
    chef-run chef-server-ctl chef-shell chef-solo chef-vault chflags chfn chgpasswd chgrp chmod \
    choom chown chpass chpasswd chroot chsh clang clang++ cobc cobcrun coproc coredumpctl cowsay \
    cowthink cpan cpio cpulimit crictl crontab cscli csh csplit csvtool cupsfilter curl dash \
    dbus-send debugfs delgroup deluser dhclient dialog dig dmesg dmidecode dmsetup dnf docker \
    docker-compose dockerd dosbox dpkg dpkg-deb dpkg-query dpkg-reconfigure dvips e2fsck ebtables \
    egrep enscript eqn esac etcdctl ethtool fdisk fgrep findmnt flock fmt fsck ftp ftpstats \
    ftpwho fuser fusermount gawk gcc gcore gdb gdbserver genie genisoimage getenforce getent \
    getfacl ghc ghci gimp ginsh git gpasswd grep groff groupadd groupdel groupmod grpck gtester \
    gunzip gzcat gzip hdparm hexdump hostname hostnamectl hping3 htop iconv ifconfig ifdown iftop \
    ifup insmod ionice ippfind ipptool iptables irb ispell iwconfig jexec jjs journalctl \
    jrunscript julia kadmin kexec keyctl killall kmod ksh ksshell kubectl ldapsearch ldconfig ldd \
    lessecho lessfile lesspipe lftp lftpget loginctl losetup ls lsattr lsb_release lsblk lscpu \
    lshw lsmod lsns lsof lspci lsusb ltrace lua lualatex luatex lwp-download lwp-request lynx lz4 \
    lz4c lz4cat lzcat lzcmp lzdiff lzegrep lzfgrep lzgrep lzless lzma lzmore machinectl mawk \
    mkdir mkfifo mkfs mknod mkswap mktemp mlocate modprobe mongodump mongosh mpstat msfconsole \
    msgattrib mtr mv mysql mysqladmin mysqldump mysqldumpslow mysqlhotcopy mysqlshow nasm nawk nc \
    nc.openbsd nc.traditional ncat netcat netkit-ftp netplan netstat networkctl ngrep nmap nmcli \
    node nohup nping npm nproc nroff nsenter nslookup nstat nsupdate ntpdate nvim octave openssl \
    openvpn opkg passwd pdflatex pdftex pdksh perf perl perl5 perlsh pftp pg_dump pg_dumpall \
    pgrep php php5 php7 pico pidof pidstat ping6 pip pip3 pivot_root pkexec pkill pnpm podman \
    popd postgres poweroff printenv printf pry psed psftp psql ptardiff ptargrep ptx pushd pwck \
    pwd pwdx python python2 python3 rbash rclone rcp rdmsr readelf redis-cli resolvectl rlogin \
    rlwrap rmdir rmmod rmt rmt-dump rmt-tar rmuser rnano rpcclient rpcinfo rpm rpmquery rsh rsync \
    rsync-ssl rtorrent ruby runc runcon runuser rview rvim salt-call salt-key salt-minion scp \
    scrot sed semanage sendmail sestatus setarch setcap setenforce setenv setfacl setpriv setsid \
    sftp showmount shuf slsh smbclient smbget smbmap snmpwalk socat sqlmap ssh ssh-add ssh-agent \
    ssh-copy-id ssh-keygen ssh-keyscan sshd sshpass stdbuf strace su sudo sudo-rs sudoedit \
    sudoreplay svn svnadmin svnlook svnserve svnsync swapoff swapon sysctl systemctl \
    systemd-analyze systemd-run tailf tasksh tclsh tcpdump tcping tcptraceroute tcsh telnet \
    terraform tftp timedatectl tmux traceroute traceroute6 troff tshark tsort tune2fs udevadm \
    ulimit umount uname uncompress unexpand unlz4 unlzma unpigz unrar unxz unzip unzstd \
    update-alternatives updatedb useradd userdel usermod utmpdump uudecode uuencode uuidgen \
    vagrant valgrind vi vigr vim vimdiff vipw virsh visudo visudo-rs vmstat wget whiptail whoami \
    whois wipefs wireshark wish xargs xdg-open xelatex xetex xmodmap xmore xpad xterm xxd xz \
    xzcat xzcmp xzdec xzdiff xzegrep xzfgrep xzgrep xzless xzmore yarn zathura zcat zcmp zdiff \
    zegrep zfgrep zgrep zip zipcloak zipcmp zipdetails zipgrep zipinfo zipmerge zipnote zipsplit \
    ziptool zless zmodload zmore zrun zsh zsoelim zstd zstdcat zstdgrep zstdless zstdmt zypper";

/// Commands of Unix that are products, too. Sorted.
pub(super) const PRODUCTS: &str = "\
    alpine ansible apt awk bash busybox clang cobc curl docker docker-compose gcc gdb ghc gimp \
    git grep gzip irb julia ksh kubectl lua mongosh mysql node npm nvim octave openssl openvpn \
    pandoc perl php php5 php7 pip pip3 pnpm podman postgres psql python python2 python3 rclone \
    redis-cli ruby sed sqlmap svn tcpdump terraform tmux vagrant valgrind vi vim wget wireshark \
    yarn zsh zypper";

/// Commands of Unix that are words. Sorted.
pub(super) const UNIX_WORDS: &str = "\
    agetty alias arch aria2c as at atobm basename batch bc break builtin bundle cancel cat cc \
    cd check column comm command composer cp crash cut date dd declare df diff dir dirname dirs \
    doas done du easy_install eb echo ed emacs enable env eval ex exec exit expand export expr \
    facter fc fetch file find finger fish fold fping free gem ghost go grc groups halt hash \
    head hg highlight history host hostid id install ip java jobs join jq kill knife last \
    lastlog lastlogin latex less ln local locale locate logname logsave look lp lz mail mailq \
    mailx make man mc md5sum more mosquitto mount nano nice nl nm od open openvt paste patch \
    pax pdb pg ping pr ps puppet pv python3m rake read readlink realpath reboot red redcarpet \
    rename repeat replace restic rev rm route screen script sed service set sg sh sha1sum \
    sha256sum shutdown sleep snap sort source split sqlite3 ss start-stop-daemon stat strings \
    sum tac tail tar task taskset tbl tee test tex time timeout tmate top touch tr trap tree \
    truncate type ul umask unlink unset unshare uptime users w wall watch wc which who write \
    yes yum";

/// Commands of Windows that are no words. Sorted.
pub(super) const WINDOWS: &str = "\
    accesschk adfind appcmd arp attrib auditpol autorunsc bcdboot bcdedit bitsadmin bootcfg \
    bootrec cacls cdb certoc certreq certutil chcp chdir chkdsk chkntfs choco cipher clip cmd \
    cmdkey cmdl32 cmstp comp compmgmtlauncher computerdefaults cscript csvde del diantz diskcopy \
    diskpart diskshadow dism dispdiag dnscmd driverquery dsadd dsget dsmod dsquery erase esentutl \
    eventcreate eventvwr expand explorer extrac32 findstr fltmc forfiles fsutil ftype getmac \
    gpresult gpupdate hostname icacls ie4uinit ieexec iexpress ilasm installutil ipconfig irm iwr \
    jsc ldifde makecab manage-bde mavinject md mklink mofcomp mountvol mpcmdrun msbuild msconfig \
    msdt mshta msiexec msinfo32 mstsc msxsl nbtstat net net1 netdom netsh netstat nltest notepad \
    nslookup ntbackup ntdsutil odbcconf openfiles pathping pcalua pcwrun pktmon pnputil powercfg \
    powershell presentationhost printbrm procdump psexec pskill psloggedon psr pushd pwsh qappsrv \
    qprocess query quser qwinsta rasautou rd rdrleakdiag reg regasm regedit regini regsvcs \
    regsvr32 ren robocopy rundll32 runonce rwinsta sc schtasks scriptrunner sdbinst sdelete setx \
    sfc stordiag syncappvpublishingserver systeminfo takeown taskkill tasklist tftp tracert \
    tskill tttracer tzutil vbc ver verclsid vssadmin w32tm wbadmin wecutil wevtutil whoami winget \
    winrm winrs winver wlrmdr wmic wscript wsl wsreset wuauclt wusa xcacls xcopy";

/// Commands of Windows that are words. Sorted.
pub(super) const WINDOWS_WORDS: &str = "\
    at call cd change cls color convert copy date defrag dir echo exit find finger format ftp \
    gcim gcm gdr gps gsv gwmi help icim icm ii ipmo iwmi label logoff mode more move msg ndr ogv \
    path pause ping popd print prompt replace reset route runas rwmi sajb saps sasv set shcm \
    shutdown sls sort spps spsv start subst swmi time title trcm tree type vol wait where";
