using VhdPS.Engine.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Commands;

/// <summary>-ThrottleLimit changes nothing but the time: all streams hold the same in the same order, and every end is clean.</summary>
public sealed class ThrottleLimitTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public ThrottleLimitTests()
    {
        _session = new ModuleSession(_folder.Root);
        for (int i = 0; i < 40; i++)
        {
            // Some are larger, so that the later ones are done before them; some are damaged, some are no images at all.
            _folder.Write($"{i:D2}.vhd", (i % 5) switch
            {
                0 => ImageBytes.Dynamic(size: 16 * 1024 * 1024).Bytes,
                1 => ImageBytes.Dynamic().PutEntry(3, 0).Bytes,
                2 => new byte[100],
                _ => ImageBytes.Dynamic().AddBlock(1, (byte)i).Bytes,
            });
        }

        // A footer that does not hold makes a warning.
        byte[] hurt = File.ReadAllBytes(_folder["07.vhd"]);
        hurt[^100] ^= 1;
        _folder.Write("0a.vhd", hurt);
    }

    public static TheoryData<string, int> Calls
    {
        get
        {
            var calls = new TheoryData<string, int>();
            foreach (string call in new[] { "Test-VpcImage", "Test-VpcImage -Full -Quiet", "Test-VpcChecksum", "Get-VpcHash", "Get-VpcImage" })
            {
                calls.Add(call, 2);
                calls.Add(call, 5);
            }

            return calls;
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void All_streams_are_those_of_one_after_the_other(string call, int limit)
    {
        const string Paths = "'0*.vhd', 'missing.vhd', '1*.vhd', 'none*.vhd', '[', '2*.vhd', '3*.vhd'";
        string[] one = Lines($"{Paths} | {call} -Verbose");
        Assert.Equal(one, Lines($"{Paths} | {call} -Verbose -ThrottleLimit {limit}"));
        Assert.Equal(one, Lines($"{call} ({Paths}) -Verbose -ThrottleLimit {limit}"));
        Assert.True(one.Length > 40);
    }

    [Fact]
    public void An_error_that_ends_the_script_ends_it_at_its_place()
    {
        string[] one = Lines("Get-VpcImage 00.vhd, 01.vhd, missing.vhd, 03.vhd -ErrorAction Stop");
        Assert.Equal(one, Lines("Get-VpcImage 00.vhd, 01.vhd, missing.vhd, 03.vhd -ErrorAction Stop -ThrottleLimit 2"));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void The_first_is_taken_and_all_files_are_free(string call, int limit)
    {
        Assert.Equal("after", _session.Run($"{call} *.vhd -ThrottleLimit {limit} -ErrorAction Ignore | Select-Object -First 1; 'after'").WithoutErrors().Output[^1].BaseObject);
        AssertFree();
    }

    [Fact]
    public void Long_work_stops_and_all_files_are_free()
    {
        _session.Run("1..6 | ForEach-Object { $null = New-VpcImage \"long$_.vhd\" -Size 200GB }").WithoutErrors();
        RunningScript script = _session.Start("Get-VpcHash long*.vhd -ThrottleLimit 3");
        script.WaitForSign();
        SessionResult result = script.Stop();
        Assert.True(result.WasStopped);
        Assert.Empty(result.Errors);
        AssertFree();
    }

    [Fact]
    public void Steps_that_no_one_takes_end_the_work()
    {
        Assert.Equal("after", _session.Run("Test-VpcImage *.vhd -ThrottleLimit 2 -Verbose 4>&1 | Select-Object -First 3; 'after'").WithoutErrors().Output[^1].BaseObject);
        AssertFree();
    }

    [Fact]
    public void A_slow_first_file_holds_no_more_than_a_few_behind_it()
    {
        // Were all files opened before the first has been handed out, none could be written to by what takes the first.
        _session.Run("0..299 | ForEach-Object { $null = New-VpcImage \"many$_.vhd\" -Size 1MB }").WithoutErrors();
        int[] open = [.. _session.Run("""
            $seen = 0
            0..299 | ForEach-Object { $seen++; "many$_.vhd" } | Test-VpcChecksum -ThrottleLimit 2 | ForEach-Object { $seen }
            """).WithoutErrors().As<int>()];
        Assert.Equal(300, open.Length);
        Assert.All(open.Select((seen, index) => seen - index), ahead => Assert.InRange(ahead, 1, 17));
    }

    private string[] Lines(string script) =>
        [.. _session.Run($"try {{ & {{ {script} }} *>&1 | ForEach-Object {{ \"$($_.GetType().Name) $_\" }} }} catch {{ \"caught $_\" }}").WithoutErrors().As<string>()];

    private void AssertFree() => Assert.All(
        Directory.EnumerateFiles(_folder.Root), path =>
        {
            using LocalImageFile file = LocalImageFile.OpenWrite(path);
        });
}
