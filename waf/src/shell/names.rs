//! Names of commands: words between blanks, so that they take no more room than their letters.
//!
//! Each list is sorted by bytes: [`has`](crate::text::has) looks a name up by halves.

/// Commands of Unix that are no words. Sorted.
pub(super) const UNIX: &str = "\
    7z 7za 7zr 7zx aa-autodep aa-cleanprof aa-complain aa-disable aa-enforce aa-exec aa-genprof \
    aa-logprof aa-remove-unknown aa-status aa-teardown aa-unconfined addgroup adduser alpine \
    ansible ansible-config ansible-console ansible-doc ansible-galaxy ansible-inventory \
    ansible-playbook ansible-pull ansible-vault apparmor_parser apparmor_status apt apt-cache \
    apt-get apt-key aptitude arp arptables ash aspell auditctl augenrules aureport ausearch \
    autossh awk base32 base64 basenc bash bashbug blkid bootctl bpftrace bridge bsdcat bsdtar \
    bunzip2 busctl busybox byebug bzcat bzcmp bzdiff bzegrep bzexe bzfgrep bzgrep bzip2 \
    bzip2recover bzless bzmore c89 c89-gcc c99 c99-gcc capsh cdist certbot chage chattr chcon \
    chef-apply chef-client chef-run chef-server-ctl chef-shell chef-solo chef-vault chflags chfn \
    chgpasswd chgrp chmod choom chown chpass chpasswd chroot chsh clang clang++ cobc cobcrun \
    coproc coredumpctl cowsay cowthink cpan cpanm cpio cpulimit crackmapexec crictl crontab \
    cryptsetup cscli csh csplit csvtool cupsfilter curl dash dbus-send debugfs delgroup deluser \
    dhclient dialog dig dmesg dmidecode dmsetup dnf docker docker-compose dockerd dosbox dpkg \
    dpkg-deb dpkg-query dpkg-reconfigure dumpe2fs dvips e2fsck ebtables egrep enscript eqn esac \
    etcdctl ethtool evil-winrm fdisk ffuf fgrep findmnt firewall-cmd flock fmt fsck ftp ftpstats \
    ftpwho fuser fusermount gawk gcc gcore gdb gdbserver genie genisoimage getcap getenforce \
    getent getfacl getfattr getsebool ghc ghci gimp ginsh git gobuster gpasswd gpg2 grep groff \
    groupadd groupdel groupmod grpck gtester gunzip gzcat gzip hashcat hdparm hexdump hostname \
    hostnamectl hping3 htop htpasswd iconv ifconfig ifdown iftop ifup initctl inotifywait insmod \
    invoke-rc.d ionice ip6tables ip6tables-restore ip6tables-save ipcrm ippfind ipptool ipset \
    iptables iptables-restore iptables-save ipvsadm irb ispell iwconfig jexec jjs journalctl \
    jrunscript jshell jstack julia kadmin kexec keyctl killall kmod kpartx ksh ksshell kubectl \
    ldapsearch ldconfig ldd lessecho lessfile lesspipe lftp lftpget loginctl losetup ls lsattr \
    lsb_release lsblk lscpu lshw lsmod lsns lsof lspci lsusb ltrace lua lualatex luatex lvcreate \
    lvremove lwp-download lwp-request lxc-attach lxc-execute lynx lz4 lz4c lz4cat lzcat lzcmp \
    lzdiff lzegrep lzfgrep lzgrep lzless lzma lzmore machinectl masscan mawk mdadm mkdir mkfifo \
    mkfs mkfs.ext4 mkfs.xfs mknod mkpasswd mkswap mktemp mlocate modprobe mongodump mongoexport \
    mongorestore mongosh mpstat msfconsole msfvenom msgattrib mtr mv mysql mysqladmin mysqlbinlog \
    mysqldump mysqldumpslow mysqlhotcopy mysqlimport mysqlshow nasm nawk nc nc.openbsd \
    nc.traditional ncat ncdu neomutt netcat netkit-ftp netplan netstat networkctl ngrep nikto \
    nix-shell nmap nmcli node nohup nping npm nproc nroff nsenter nsjail nslookup nstat nsupdate \
    ntpdate nvim octave openssl openvpn opkg partprobe passwd pdflatex pdftex pdksh perf perl \
    perl5 perlsh pftp pg_ctl pg_dump pg_dumpall pg_restore pgrep php php5 php7 pico pidof pidstat \
    ping6 pip pip3 pivot_root pkcon pkexec pkill pnpm podman popd postgres poweroff printenv \
    printf prlimit proxychains proxychains4 pry psed psftp psql ptardiff ptargrep ptx pushd pwck \
    pwd pwdx pypy3 python python2 python3 rbash rclone rcp rdmsr readelf redis-cli resize2fs \
    resolvectl restorecon rlogin rlwrap rmdir rmmod rmt rmt-dump rmt-tar rmuser rnano rpcclient \
    rpcinfo rpm rpm2cpio rpmquery rsh rsync rsync-ssl rsyslogd rtorrent ruby run-parts runc runcon \
    runuser rview rvim salt-call salt-key salt-minion scp scrot semanage semodule sendmail \
    sestatus setarch setcap setenforce setenv setfacl setfattr setpriv setsebool setsid sfdisk \
    sftp showmount shuf slsh smartctl smbclient smbget smbmap snmpwalk socat sqlmap ssh ssh-add \
    ssh-agent ssh-copy-id ssh-keygen ssh-keyscan sshd sshpass sshuttle stdbuf strace su sudo \
    sudo-rs sudoedit sudoreplay supervisorctl svn svnadmin svnlook svnserve svnsync swaks swapoff \
    swapon sysctl systemctl systemd-analyze systemd-cat systemd-cgls systemd-escape systemd-nspawn \
    systemd-run systemd-sysusers systemd-tmpfiles tailf tasksh tclsh tcpdump tcping tcptraceroute \
    tcsh telinit telnet terraform tftp timedatectl tmux toybox traceroute traceroute6 troff tshark \
    tsort tune2fs udevadm ulimit umount uname uncompress unexpand unlz4 unlzma unpigz unrar unxz \
    unzip unzstd update-alternatives update-rc.d updatedb useradd userdbctl userdel usermod \
    utmpdump uudecode uuencode uuidgen vagrant valgrind vgchange vi vigr vim vimdiff vipw virsh \
    virt-install visudo visudo-rs vmstat wg-quick wget whiptail whoami whois wipefs wireshark wish \
    wpscan xargs xdg-open xelatex xetex xfs_admin xmodmap xmore xpad xterm xxd xz xzcat xzcmp \
    xzdec xzdiff xzegrep xzfgrep xzgrep xzless xzmore yarn zathura zcat zcmp zdiff zegrep zfgrep \
    zgrep zip zipcloak zipcmp zipdetails zipgrep zipinfo zipmerge zipnote zipsplit ziptool zless \
    zmodload zmore zrun zsh zsoelim zstd zstdcat zstdgrep zstdless zstdmt zypper";

/// Commands of Unix that are products, too. Sorted.
pub(super) const PRODUCTS: &str = "\
    alpine ansible apt awk bash busybox clang cobc curl docker docker-compose gcc gdb ghc gimp \
    git grep gzip irb julia ksh kubectl lua mongosh mysql node npm nvim octave openssl openvpn \
    pandoc perl php php5 php7 pip pip3 pnpm podman postgres psql python python2 python3 rclone \
    redis-cli ruby sed sqlmap svn tcpdump terraform tmux vagrant valgrind vi vim wget wireshark \
    yarn zsh zypper";

/// Commands of Unix that are words. Sorted.
pub(super) const UNIX_WORDS: &str = "\
    agetty alias arch aria2c as at atobm basename batch bc break builtin bundle cancel cat \
    cc cd check column comm command composer cp crash cut date dd declare df diff dir dirname dirs \
    doas done du easy_install eb echo ed emacs enable env eval ex exec exit expand expect export \
    expr facter fc fetch file find finger fish fold fping free gem ghost go grc groups halt hash \
    head hg highlight history host hostid hydra id install ip java jobs join jq kill knife last \
    lastlog lastlogin latex less ln local locale locate logname logsave look lp lz mail mailq \
    mailx make man mc md5sum more mosquitto mount nano nice nl nm od open openvt paste patch pax \
    pdb pg ping pr ps puppet pv python3m rake read readlink realpath reboot red redcarpet rename \
    repeat replace restic rev rm route screen script sed service set sg sh sha1sum sha256sum \
    shutdown sleep snap sort source split sqlite3 ss start-stop-daemon stat strings sum tac tail \
    tar task taskset tbl tee test tex time timeout tmate top touch tr trap tree truncate type ul \
    umask unlink unset unshare uptime users w wall watch wc which who write yes yum";

/// Commands of Windows that are no words. Sorted.
pub(super) const WINDOWS: &str = "\
    accesscheckconsole accesschk adfind adplus agentexecutor appcmd appinstaller appvlp arp \
    aspnet_compiler atbroker attrib auditpol autorunsc bcdboot bcdedit bginfo bitsadmin bootcfg \
    bootrec cacls cdb certoc certreq certutil chcp chdir chkdsk chkntfs choco cipher clip cmd \
    cmdkey cmdl32 cmstp comp compmgmtlauncher computerdefaults coregen createdump cscript csvde \
    customshellhost datasvcutil del desktopimgdownldr devtoolslauncher dfsvc diantz diskcopy \
    diskpart diskshadow dism dispdiag dnscmd driverquery dsacls dsadd dsget dsmod dsmove dsquery dsrm dump64 erase \
    esentutl eventcreate eventvwr expand explorer extrac32 findstr fltmc fodhelper forfiles fsutil \
    ftype getmac gfxdownloadwrapper gpresult gpscript gpupdate hostname icacls ie4uinit ieexec \
    iexpress ilasm imewdbld infdefaultinstall installutil ipconfig irm iwr jsc ldifde makecab \
    manage-bde mavinject md mftrace mklink mofcomp mountvol mpcmdrun msbuild msconfig msdeploy \
    msdt mshta msiexec msinfo32 msohtmed mstsc msxsl nbtstat net net1 netdom netsh netstat ngen \
    nltest notepad nslookup ntbackup ntdsutil odbcconf offlinescannershell openfiles pathping \
    pcalua pcwrun pcwutl pktmon pnputil powercfg powershell presentationhost printbrm procdump \
    psexec pskill psloggedon psr pubprn pushd pwsh qappsrv qprocess query quser qwinsta rasautou \
    rcsi rd rdrleakdiag reg regasm regedit regini regsvcs regsvr32 ren robocopy rundll32 runonce \
    rwinsta sc schtasks scriptrunner sdbinst sdclt sdelete settingsynchost setx sfc sqldumper \
    sqlps sqltoolsps stordiag syncappvpublishingserver systeminfo takeown taskkill tasklist tftp \
    tracert tskill ttdinject tttracer tzutil unregmp2 vbc ver verclsid vsjitdebugger vssadmin \
    w32tm wbadmin wecutil wevtutil whoami winget winrm winrs winver wlrmdr wmic workfolders \
    wscript wsl wsreset wuauclt wusa xcacls xcopy xwizard";

/// Commands of Windows that are words. Sorted.
pub(super) const WINDOWS_WORDS: &str = "\
    at calc call cd change cls color control convert copy date defrag dir echo exit find finger \
    format ftp gc gci gcim gcm gdr gp gps gsv gwmi help hh icim icm ii ipmo iwmi label logoff mode \
    more move msg ndr ogv path pause ping popd print prompt replace reset route runas rwmi sajb \
    saps sasv set shcm shutdown sls sort spps spsv start subst swmi time title trcm tree type vol \
    wait where";
