using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;

namespace VhdPS.Tests.Files;

/// <summary>A scanner that holds a file for a moment costs a moment, and one that never lets go costs no work.</summary>
public sealed class HeldFileTests : IDisposable
{
    private static readonly IOException Held = new("held");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_held_for_a_moment_is_tried_until_it_is_free()
    {
        var clock = new Clock();
        int calls = 0;
        HeldFile.Retry(() => _ = ++calls < 6 ? throw Held : true, error => error == Held, clock, clock.Pass);
        Assert.Equal(6, calls);
        Assert.Equal([20.0, 40, 80, 160, 320], clock.Pauses.Select(pause => pause.TotalMilliseconds));
    }

    [Fact]
    public void After_ten_seconds_the_last_answer_of_the_system_stands()
    {
        var clock = new Clock();
        int calls = 0;
        var error = Assert.Throws<IOException>(
            () => HeldFile.Retry(() => throw new IOException($"{++calls}"), static _ => true, clock, clock.Pass));
        Assert.Equal($"{calls}", error.Message);
        Assert.InRange(clock.Passed, HeldFile.Limit, HeldFile.Limit + TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public void Another_error_is_final_at_once()
    {
        var clock = new Clock();
        Assert.Throws<UnauthorizedAccessException>(
            () => HeldFile.Retry(() => throw new UnauthorizedAccessException(), error => error == Held, clock, clock.Pass));
        Assert.Empty(clock.Pauses);
    }

    [UnixFact]
    public void On_Unix_a_refusal_is_no_matter_of_time()
    {
        Assert.False(PlatformFile.Current.MayBeHeld(new UnauthorizedAccessException()));
        Assert.False(PlatformFile.Current.MayBeHeld(new IOException("in use", unchecked((int)0x80070020))));
    }

    [WindowsFact]
    public void On_Windows_sharing_violations_locks_and_access_denied_may_pass()
    {
        Assert.True(PlatformFile.Current.MayBeHeld(new UnauthorizedAccessException()));
        Assert.True(PlatformFile.Current.MayBeHeld(new IOException("sharing", unchecked((int)0x80070020))));
        Assert.True(PlatformFile.Current.MayBeHeld(new IOException("locked", unchecked((int)0x80070021))));
        Assert.False(PlatformFile.Current.MayBeHeld(new IOException("full", unchecked((int)0x80070070))));
        Assert.False(PlatformFile.Current.MayBeHeld(new IOException("exists", unchecked((int)0x800700B7))));
    }

    [WindowsTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_scanner_that_lets_go_of_the_new_file_costs_nothing(bool replaces)
    {
        string path = replaces ? _folder.Write("target", "old"u8) : Path.Combine(_folder.Root, "target");
        using (ReplacementFile replacement = Written(path))
        {
            FileStream scanner = Hold(path);
            using var release = new Timer(_ => scanner.Dispose(), null, 300, Timeout.Infinite);
            replacement.Commit(sync: false);
        }

        Assert.Equal("new"u8, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
    }

    [WindowsTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_scanner_that_never_lets_go_leaves_the_finished_file_and_the_error_names_it(bool replaces)
    {
        string path = replaces ? _folder.Write("target", "old"u8) : Path.Combine(_folder.Root, "target");
        using (ReplacementFile replacement = Written(path))
        {
            using FileStream scanner = Hold(path);
            var error = Assert.Throws<ImageIOException>(() => replacement.Commit(sync: false));
            Assert.Equal(ImageIOOperation.Replace, error.Operation);
            Assert.Equal(scanner.Name, error.FinishedPath);
            Assert.Contains($"the new file is whole and stays as '{scanner.Name}'", error.Message, StringComparison.Ordinal);
        }

        string finished = Assert.Single(Directory.GetFiles(_folder.Root), file => file != path);
        Assert.Equal("new"u8, File.ReadAllBytes(finished));
        Assert.Equal(replaces, File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual("old"u8));
    }

    [WindowsTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_path_of_more_than_260_characters_gets_its_new_file(bool replaces)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Root, new string('a', 150), new string('b', 150))).FullName;
        string path = Path.Combine(folder, "target");
        if (replaces)
        {
            File.WriteAllText(path, "old");
        }

        using (ReplacementFile replacement = Written(path))
        {
            replacement.Commit(sync: false);
        }

        Assert.Equal("new"u8, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder));
    }

    [WindowsFact]
    public void What_was_given_up_is_deleted_although_a_scanner_holds_it_for_a_moment()
    {
        string path = Path.Combine(_folder.Root, "target");
        ReplacementFile replacement = Written(path);
        FileStream scanner = Hold(path);
        using var release = new Timer(_ => scanner.Dispose(), null, 300, Timeout.Infinite);
        replacement.Dispose();
        Assert.Empty(Directory.GetFiles(_folder.Root));
    }

    /// <summary>A new file that is closed, as it is in the moment before it gets its name.</summary>
    private static ReplacementFile Written(string path)
    {
        var replacement = ReplacementFile.Begin(path, overwrite: true);
        replacement.File.WriteAt(0, "new"u8);
        replacement.File.Dispose();
        return replacement;
    }

    /// <summary>Opens the file that is to become <paramref name="path"/> as a scanner does: nobody may delete it meanwhile.</summary>
    private FileStream Hold(string path) =>
        new(Directory.GetFiles(_folder.Root).Single(file => file != path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    /// <summary>A clock on which only sleeping takes time.</summary>
    private sealed class Clock : TimeProvider
    {
        public List<TimeSpan> Pauses { get; } = [];

        public TimeSpan Passed => Pauses.Aggregate(TimeSpan.Zero, (sum, pause) => sum + pause);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;

        public void Pass(TimeSpan pause) => Pauses.Add(pause);
    }
}
