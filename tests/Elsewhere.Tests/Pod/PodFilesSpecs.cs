using System.Net;
using Elsewhere.Pod;

namespace Elsewhere.Tests.Pod;

public sealed class PodFilesSpecs
{
    private static readonly IPAddress[] server = [new([127, 96, 0, 10])];

    [Fact]
    public void The_search_list_is_the_one_of_a_pod_and_ndots_is_five() =>
        Assert.Equal("""
            nameserver 127.96.0.10
            search shop.svc.cluster.local svc.cluster.local cluster.local
            options ndots:5

            """, PodFiles.ResolvConf(server, "shop", "cluster.local", "nameserver 192.0.2.1\n"));

    [Fact]
    public void The_hosts_own_search_list_and_options_follow()
    {
        var text = PodFiles.ResolvConf(server, "shop", "cluster.local", "domain old.example\nsearch corp.example . # office\noptions ndots:1 edns0 timeout:1\n; search no.example\n");
        Assert.Contains("search shop.svc.cluster.local svc.cluster.local cluster.local corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("options ndots:5 edns0 timeout:1\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hosts: files dns")]
    [InlineData("hosts:files dns # as it should be")]
    [InlineData("hosts:          files myhostname dns")]
    [InlineData("passwd: files systemd")]
    [InlineData("")]
    public void A_name_service_switch_that_asks_dns_is_left_alone(string text) => Assert.Null(PodFiles.NameServiceSwitch(text));

    [Theory]
    [InlineData("hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns")]
    [InlineData("hosts:\tfiles mdns4_minimal [NOTFOUND=return] dns")]
    [InlineData("hosts: dns files")]
    public void Modules_that_answer_before_dns_are_left_out(string line) =>
        Assert.Equal("passwd: files\nhosts: files dns\ngroup: files\n", PodFiles.NameServiceSwitch($"passwd: files\n{line}\ngroup: files\n"));

    [Fact]
    public void A_line_in_hosts_that_hides_an_alias_goes_and_the_others_stay()
    {
        const string text = "127.0.0.1 localhost # loop\n10.0.0.1 database old-database\n10.0.0.2\tpayments\n";
        Assert.Equal("127.0.0.1 localhost # loop\n10.0.0.1\told-database\n\n", PodFiles.Hosts(text, static name => name is "database" or "payments"));
        Assert.Null(PodFiles.Hosts(text, static _ => false));
    }

    [Theory]
    [InlineData("a", "a.shop.svc.cluster.local")]
    [InlineData("a.b", "a.b.svc.cluster.local")]
    [InlineData("a.b.svc", "a.b.svc.cluster.local")]
    [InlineData("A.B.SVC.Cluster.Local.", "A.B.SVC.Cluster.Local")]
    [InlineData("ads.tracker.example", null)]
    public void The_four_forms_of_an_alias_are_known(string name, string? inCluster) => Assert.Equal(inCluster, PodFiles.InCluster(name, "shop", "cluster.local"));
}
