namespace VhdPS.Tests.Commands;

/// <summary>The fixture itself: what the tests of cmdlets rest on.</summary>
public class ModuleSessionTests
{
    [Fact]
    public void The_staged_module_is_imported()
    {
        using var session = new ModuleSession();
        string path = Assert.Single(session.Run("(Get-Module VhdPS).Path").WithoutErrors().As<string>());
        Assert.Equal(Path.ChangeExtension(Repository.Module, ".dll"), path);
    }

    [Fact]
    public void The_engine_is_loaded_once()
    {
        using var session = new ModuleSession();
        session.Run("[void][VhdPS.Engine.Format.VhdType]").WithoutErrors();
        System.Reflection.Assembly engine = Assert.Single(
            AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "VhdPS.Engine");
        Assert.Same(typeof(VhdPS.Engine.Format.VhdType).Assembly, engine);
        Assert.Same(typeof(VhdPS.Engine.Format.VhdType), session.Run("[VhdPS.Engine.Format.VhdType]").As<Type>()[0]);
    }

    [Fact]
    public void Every_stream_is_kept_apart()
    {
        using var session = new ModuleSession();
        SessionResult result = session.Run("""
            $in; Write-Error no; Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Host h
            Write-Progress -Activity a -Status s; throw 'end'
            """, ("in", 5));
        Assert.Equal([5], result.As<int>());
        Assert.Equal("no", Assert.Single(result.Errors).ToString());
        Assert.Equal("end", result.TerminatingError!.ToString());
        Assert.Equal(["w"], result.Warnings);
        Assert.Equal(["v"], result.Verbose);
        Assert.Equal(["d"], result.Debug);
        Assert.Equal(["h"], result.Information);
        Assert.Equal("a", Assert.Single(result.Progress).Activity);
    }

    [Fact]
    public void The_location_is_the_sessions_own()
    {
        string folder = Directory.CreateTempSubdirectory("vhdps [1] ").FullName;
        try
        {
            using var session = new ModuleSession(folder);
            Assert.Equal([folder], session.Run("$PWD.ProviderPath").As<string>());
            Assert.NotEqual(folder, Environment.CurrentDirectory);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [Fact]
    public void Text_is_what_a_console_of_120_columns_shows()
    {
        using var session = new ModuleSession();
        Assert.Equal("\nA B\n- -\n1 x\n\n", session.RunFormatted("[pscustomobject]@{ A = 1; B = 'x' }"));
        Assert.Contains("\n" + new string('x', 118) + "…\n", session.RunFormatted("[pscustomobject]@{ A = 'x' * 200 }"), StringComparison.Ordinal);
        Assert.Equal("WARNING: low\n", session.RunFormatted("Write-Warning low"));
    }

    [Fact]
    public void Prompts_are_answered_from_the_list_or_fail()
    {
        using var session = new ModuleSession();
        session.Answers.Enqueue("N");
        session.Run("function f { [CmdletBinding(SupportsShouldProcess)] param() $PSCmdlet.ShouldProcess('it') }");
        Assert.Equal([false], session.Run("f -Confirm").WithoutErrors().As<bool>());
        Assert.Contains("it", Assert.Single(session.Questions), StringComparison.Ordinal);
        Assert.Contains("no answer", session.Run("f -Confirm").SingleError().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_script_can_be_stopped()
    {
        using var session = new ModuleSession();
        RunningScript script = session.Start("try { 1; Start-Sleep 1000; 2 } finally { $global:tidied = $true }");
        script.WaitForSign();
        SessionResult result = script.Stop();
        Assert.True(result.WasStopped);
        Assert.Equal([1], result.As<int>());
        Assert.Equal([true], session.Run("$tidied").As<bool>());
    }
}
